/** A change of a file's bytes that has not reached the disk. */
export type Change = { readonly at: number; readonly bytes: Buffer } | { readonly size: number }

/** What names of directories change at once: a rename is two of them. */
export interface NameChange {
  readonly directory: number
  readonly name: string
  /** The inode that the name leads to from now on, if any. */
  readonly ino: number | undefined
}

/** What changes a disk, in the order of the calls. Everything else only looks. */
export type Mutation =
  | { readonly kind: 'make'; readonly ino: number; readonly type: 'file' | 'directory' }
  | { readonly kind: 'names'; readonly changes: readonly NameChange[] }
  | { readonly kind: 'bytes'; readonly ino: number; readonly change: Change }
  | { readonly kind: 'sync'; readonly ino: number }
  /** A sync that failed: `kept` is the share of each write that reached the disk all the same. */
  | { readonly kind: 'failed sync'; readonly ino: number; readonly kept: number }

export interface FileInode {
  readonly type: 'file'
  readonly ino: number
  /** As the kernel shows them. Never written to in place, so images may share them. */
  bytes: Buffer
  /** As the disk has them. */
  durable: Buffer
  pending: Change[]
  mtimeMs: number
}

export interface DirectoryInode {
  readonly type: 'directory'
  readonly ino: number
  names: Map<string, number>
  durable: Map<string, number>
  pending: (readonly NameChange[])[]
  mtimeMs: number
}

export type Inode = FileInode | DirectoryInode

export const ROOT = 1
const EMPTY = Buffer.alloc(0)

/**
 * The state of a disk under strict POSIX rules: what the kernel shows, what has reached the disk, and
 * what is in between. A sync brings the bytes of a file, or the names in a directory, and nothing else.
 */
export class DiskImage {
  readonly inodes = new Map<number, Inode>()
  now: number

  constructor(now: number) {
    this.now = now
    this.#make(ROOT, 'directory')
  }

  /** The same disk, to go on with independently. */
  clone(): DiskImage {
    const copy = new DiskImage(this.now)
    for (const inode of this.inodes.values()) {
      copy.inodes.set(
        inode.ino,
        inode.type === 'file'
          ? { ...inode, pending: [...inode.pending] }
          : {
              ...inode,
              names: new Map(inode.names),
              durable: new Map(inode.durable),
              pending: [...inode.pending],
            },
      )
    }
    return copy
  }

  apply(mutation: Mutation): void {
    this.now++
    if (mutation.kind === 'make') this.#make(mutation.ino, mutation.type)
    else if (mutation.kind === 'names') this.#rename(mutation.changes)
    else if (mutation.kind === 'bytes') this.#change(mutation.ino, mutation.change)
    else if (mutation.kind === 'sync') this.#sync(this.inode(mutation.ino))
    else this.#lose(this.file(mutation.ino), mutation.kept)
  }

  inode(ino: number): Inode {
    const inode = this.inodes.get(ino)
    if (inode === undefined) throw new Error(`No inode ${ino}`)
    return inode
  }

  file(ino: number): FileInode {
    const inode = this.inode(ino)
    if (inode.type !== 'file') throw new Error(`Inode ${ino} is a directory`)
    return inode
  }

  directory(ino: number): DirectoryInode {
    const inode = this.inode(ino)
    if (inode.type !== 'directory') throw new Error(`Inode ${ino} is a file`)
    return inode
  }

  #make(ino: number, type: Inode['type']): void {
    const common = { ino, mtimeMs: this.now }
    this.inodes.set(
      ino,
      type === 'file'
        ? { ...common, type, bytes: EMPTY, durable: EMPTY, pending: [] }
        : { ...common, type, names: new Map(), durable: new Map(), pending: [] },
    )
  }

  #rename(changes: readonly NameChange[]): void {
    for (const directory of directoriesOf(changes)) {
      const inode = this.directory(directory)
      applyNames(inode.names, changes, directory)
      inode.pending.push(changes)
      inode.mtimeMs = this.now
    }
  }

  #change(ino: number, change: Change): void {
    const inode = this.file(ino)
    inode.bytes = applyChange(inode.bytes, change)
    inode.pending.push(change)
    inode.mtimeMs = this.now
  }

  #sync(inode: Inode): void {
    if (inode.type === 'file') {
      inode.durable = inode.pending.reduce(applyChange, inode.durable)
      inode.pending = []
      return
    }
    for (const changes of inode.pending) {
      // A rename is atomic: its other directory has it from now on, too.
      for (const directory of directoriesOf(changes)) {
        const other = this.directory(directory)
        applyNames(other.durable, changes, directory)
        if (other !== inode) other.pending = other.pending.filter((group) => group !== changes)
      }
    }
    inode.pending = []
  }

  /**
   * What Linux does when a write-back fails: the pages count as clean, so no later sync brings them.
   * Sizes are not data: they are in the journal, and a journal that fails ends the file system.
   */
  #lose(inode: FileInode, kept: number): void {
    for (const change of inode.pending) {
      if (!('bytes' in change)) continue
      const bytes = change.bytes.subarray(0, Math.floor(change.bytes.length * kept))
      if (bytes.length > 0) inode.durable = applyChange(inode.durable, { at: change.at, bytes })
    }
    inode.pending = inode.pending.filter((change) => 'size' in change)
  }
}

export function applyChange(bytes: Buffer, change: Change): Buffer {
  const size =
    'size' in change ? change.size : Math.max(bytes.length, change.at + change.bytes.length)
  if ('size' in change && size <= bytes.length) return bytes.subarray(0, size)
  const changed = Buffer.alloc(size)
  bytes.copy(changed)
  if ('bytes' in change) change.bytes.copy(changed, change.at)
  return changed
}

export function applyNames(
  names: Map<string, number>,
  changes: readonly NameChange[],
  directory: number,
): void {
  for (const { directory: at, name, ino } of changes) {
    if (at !== directory) continue
    if (ino === undefined) names.delete(name)
    else names.set(name, ino)
  }
}

function directoriesOf(changes: readonly NameChange[]): Set<number> {
  return new Set(changes.map(({ directory }) => directory))
}

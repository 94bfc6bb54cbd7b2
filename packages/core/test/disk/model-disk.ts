import type { DirectoryEntry, FileStat, FileSystem, OpenFile } from '../../src/store/file-system.ts'
import type { OpenMode } from '../../src/store/file-system.ts'
import { START } from './clock.ts'
import {
  type Change,
  DiskImage,
  type Inode,
  type Mutation,
  type NameChange,
  ROOT,
} from './disk-image.ts'

/** One call to the disk, numbered from 0 over all calls. */
export interface DiskCall {
  readonly n: number
  readonly name: string
  readonly path: string
}

/** What happens at a call: a failure, before which a write takes `short` bytes; or only the latter. */
export interface DiskFault {
  readonly code?: string | undefined
  readonly short?: number | undefined
  /** Of a sync that fails: the share of each write that reaches the disk all the same. Default 0. */
  readonly kept?: number | undefined
}

/**
 * A disk in memory behind the seam that the real one stands behind. It writes down every call and
 * every change, so that each state that a loss of power could leave can be made of them.
 */
export class ModelDisk implements FileSystem {
  readonly image: DiskImage
  /** Everything that changed the disk since it was made. */
  readonly mutations: Mutation[] = []
  /** Asked at every call. */
  fault: ((call: DiskCall) => DiskFault | undefined) | undefined
  /** Bytes that are free, as far as anybody asks. */
  free = 1e12
  /** Whether a file may have several names. */
  hasLinks = true
  /** Whether it is a disk of the machine itself, which answers at once. */
  local = true
  /** How many calls there were. */
  calls = 0
  readonly #open = new Map<number, number>()
  readonly #locks: Lock[] = []
  #nextIno: number
  #nextFd = 100

  constructor(image: DiskImage = new DiskImage(START)) {
    this.image = image
    this.#nextIno = Math.max(...image.inodes.keys()) + 1
  }

  /** How many files are open. */
  get openFiles(): number {
    return [...this.#open.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Lets time pass for whoever looks at when a file was changed. */
  advance(milliseconds: number): void {
    this.image.now += milliseconds
  }

  /** A call is made; gives what it has to bear, if it does not fail. */
  call(name: string, path: string): DiskFault | undefined {
    const fault = this.fault?.({ n: this.calls++, name, path })
    if (fault?.code !== undefined && name !== 'write' && !/sync|close/.test(name))
      throw failure(fault.code)
    return fault
  }

  change(mutation: Mutation): void {
    this.image.apply(mutation)
    this.mutations.push(mutation)
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    this.call('open', path)
    const [directory, name] = this.#parent(path)
    let ino = this.image.directory(directory).names.get(name)
    if (mode === 'create') {
      if (ino !== undefined) throw failure('EEXIST')
      ino = this.#make('file')
      this.#name([{ directory, name, ino }])
    } else if (ino === undefined) throw failure('ENOENT')
    else if (mode === 'write' && this.image.inode(ino).type === 'directory') throw failure('EISDIR')
    return new ModelFile(this, ino, path, this.#nextFd++, mode !== 'read', this.#open, this.#locks)
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    const [directory, name] = this.#parent(path)
    const isThere = this.image.directory(directory).names.has(name)
    const file = await this.open(path, isThere ? 'write' : 'create')
    try {
      await file.write(bytes, 0, bytes.length, file.statNow().size)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  async openUnnamed(): Promise<OpenFile> {
    this.call('openUnnamed', '')
    return new ModelFile(
      this,
      this.#make('file'),
      '',
      this.#nextFd++,
      true,
      this.#open,
      this.#locks,
    )
  }

  async mkdir(path: string): Promise<void> {
    this.call('mkdir', path)
    const [directory, name] = this.#parent(path)
    if (this.image.directory(directory).names.has(name)) throw failure('EEXIST')
    this.#name([{ directory, name, ino: this.#make('directory') }])
  }

  async rmdir(path: string): Promise<void> {
    this.call('rmdir', path)
    const [directory, name] = this.#parent(path)
    const inode = this.#find(path)
    if (inode.type !== 'directory') throw failure('ENOTDIR')
    if (inode.names.size > 0) throw failure('ENOTEMPTY')
    this.#name([{ directory, name, ino: undefined }])
  }

  async readdir(path: string): Promise<DirectoryEntry[]> {
    this.call('readdir', path)
    const inode = this.#find(path)
    if (inode.type !== 'directory') throw failure('ENOTDIR')
    return [...inode.names].map(([name, ino]) => ({ name, kind: this.image.inode(ino).type }))
  }

  async lstat(path: string): Promise<FileStat> {
    this.call('lstat', path)
    return this.statOf(this.#find(path))
  }

  async stat(path: string): Promise<FileStat> {
    this.call('stat', path)
    return this.statOf(this.#find(path))
  }

  lstatNow(path: string): FileStat | undefined {
    this.call('lstat', path)
    return this.#found(path)
  }

  statNow(path: string): FileStat | undefined {
    this.call('stat', path)
    return this.#found(path)
  }

  async isLocal(path: string): Promise<boolean> {
    this.call('isLocal', path)
    return this.local
  }

  async link(from: string, to: string): Promise<void> {
    this.call('link', to)
    if (!this.hasLinks) throw failure('EPERM')
    const { ino } = this.#find(from)
    const [directory, name] = this.#parent(to)
    if (this.image.directory(directory).names.has(name)) throw failure('EEXIST')
    this.#name([{ directory, name, ino }])
  }

  async unlink(path: string): Promise<void> {
    this.call('unlink', path)
    const [directory, name] = this.#parent(path)
    if (this.#find(path).type === 'directory') throw failure('EISDIR')
    this.#name([{ directory, name, ino: undefined }])
  }

  async rename(from: string, to: string): Promise<void> {
    this.call('rename', to)
    const { ino } = this.#find(from)
    const [source, old] = this.#parent(from)
    const [directory, name] = this.#parent(to)
    this.#name([
      { directory: source, name: old, ino: undefined },
      { directory, name, ino },
    ])
  }

  async syncDirectory(path: string): Promise<void> {
    const fault = this.call('syncDirectory', path)
    // Its names stay where they are: what a journal could not take is not marked as if it had been.
    if (fault?.code !== undefined) throw failure(fault.code)
    const inode = this.#find(path)
    if (inode.type !== 'directory') throw failure('ENOTDIR')
    this.change({ kind: 'sync', ino: inode.ino })
  }

  async freeBytes(path: string): Promise<number> {
    this.call('freeBytes', path)
    this.#find(path)
    return this.free
  }

  lockProblem(): Error | undefined {
    return undefined
  }

  statOf(inode: Inode): FileStat {
    const { ino, mtimeMs, type } = inode
    let nlink = type === 'directory' ? 2 : 0
    if (type === 'file') {
      for (const other of this.image.inodes.values()) {
        if (other.type !== 'directory') continue
        for (const named of other.names.values()) if (named === ino) nlink++
      }
    }
    return {
      dev: 1,
      ino,
      size: inode.type === 'file' ? inode.bytes.length : 0,
      mtimeMs,
      nlink,
      kind: type,
    }
  }

  #make(type: Inode['type']): number {
    const ino = this.#nextIno++
    this.change({ kind: 'make', ino, type })
    return ino
  }

  #name(changes: readonly NameChange[]): void {
    this.change({ kind: 'names', changes })
  }

  #found(path: string): FileStat | undefined {
    try {
      return this.statOf(this.#find(path))
    } catch {
      return undefined
    }
  }

  #find(path: string): Inode {
    if (path === '/') return this.image.inode(ROOT)
    const [directory, name] = this.#parent(path)
    const ino = this.image.directory(directory).names.get(name)
    if (ino === undefined) throw failure('ENOENT')
    return this.image.inode(ino)
  }

  #parent(path: string): [directory: number, name: string] {
    const parts = path.split('/').slice(1)
    const name = parts.pop() ?? ''
    let directory = ROOT
    for (const part of parts) {
      const ino = this.image.directory(directory).names.get(part)
      if (ino === undefined) throw failure('ENOENT')
      if (this.image.inode(ino).type !== 'directory') throw failure('ENOTDIR')
      directory = ino
    }
    return [directory, name]
  }
}

/** A lock of a file, or of one byte of it. */
interface Lock {
  readonly ino: number
  readonly holder: ModelFile
  readonly byte: number | undefined
}

function doMeet(a: number | undefined, b: number | undefined): boolean {
  return a === undefined || b === undefined || a === b
}

class ModelFile implements OpenFile {
  readonly fd: number
  readonly #disk: ModelDisk
  readonly #ino: number
  readonly #path: string
  readonly #isWritable: boolean
  readonly #open: Map<number, number>
  readonly #locks: Lock[]
  #isClosed = false
  #hasFailed = false

  constructor(
    disk: ModelDisk,
    ino: number,
    path: string,
    fd: number,
    isWritable: boolean,
    open: Map<number, number>,
    locks: Lock[],
  ) {
    this.#disk = disk
    this.#ino = ino
    this.#path = path
    this.fd = fd
    this.#isWritable = isWritable
    this.#open = open
    this.#locks = locks
    open.set(ino, (open.get(ino) ?? 0) + 1)
  }

  async stat(): Promise<FileStat> {
    return this.statNow()
  }

  statNow(): FileStat {
    this.#call('fstat')
    return this.#disk.statOf(this.#disk.image.inode(this.#ino))
  }

  async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    return this.readNow(target, offset, length, position)
  }

  readNow(target: Uint8Array, offset: number, length: number, position: number): number {
    this.#call('read')
    const { bytes } = this.#disk.image.file(this.#ino)
    return position < bytes.length ? bytes.copy(target, offset, position, position + length) : 0
  }

  async write(bytes: Uint8Array, offset: number, length: number, at: number): Promise<number> {
    const fault = this.#call('write')
    if (!this.#isWritable) throw failure('EBADF')
    // Its errors have been told: a later sync of it says nothing of what was lost.
    if (this.#hasFailed) throw new Error('A descriptor is written to whose sync failed')
    const taken = Math.min(fault?.short ?? (fault?.code === undefined ? length : 0), length)
    const copy = Buffer.from(bytes.subarray(offset, offset + taken))
    if (taken > 0) this.#change({ at, bytes: copy })
    if (fault?.code !== undefined) throw failure(fault.code)
    return taken
  }

  async truncate(size: number): Promise<void> {
    this.#call('truncate')
    if (!this.#isWritable) throw failure('EINVAL')
    this.#change({ size })
  }

  async resemble(): Promise<void> {
    this.#call('chmod')
  }

  async sync(): Promise<void> {
    this.#sync('sync')
  }

  async datasync(): Promise<void> {
    this.#sync('datasync')
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    const fault = this.#call('close')
    this.unlock()
    this.#isClosed = true
    this.#open.set(this.#ino, (this.#open.get(this.#ino) ?? 1) - 1)
    // As on Linux, the descriptor is gone all the same.
    if (fault?.code !== undefined) throw failure(fault.code)
  }

  tryLock(byte?: number): boolean {
    this.#call('tryLock')
    const isTaken = this.#locks.some((lock) => {
      return lock.ino === this.#ino && lock.holder !== this && doMeet(lock.byte, byte)
    })
    if (isTaken) return false
    this.unlock(byte)
    this.#locks.push({ ino: this.#ino, holder: this, byte })
    return true
  }

  unlock(byte?: number): void {
    for (let at = this.#locks.length - 1; at >= 0; at--) {
      const lock = this.#locks[at]
      if (lock?.holder === this && (byte === undefined || lock.byte === byte)) {
        this.#locks.splice(at, 1)
      }
    }
  }

  #sync(name: string): void {
    const fault = this.#call(name)
    if (fault?.code === undefined) return this.#disk.change({ kind: 'sync', ino: this.#ino })
    this.#hasFailed = true
    this.#disk.change({ kind: 'failed sync', ino: this.#ino, kept: fault.kept ?? 0 })
    throw failure(fault.code)
  }

  #call(name: string): DiskFault | undefined {
    if (this.#isClosed) throw failure('EBADF')
    return this.#disk.call(name, this.#path)
  }

  #change(change: Change): void {
    this.#disk.change({ kind: 'bytes', ino: this.#ino, change })
  }
}

/** Without a stack, which takes longer than all else: there are hundreds of thousands. */
function failure(code: string): NodeJS.ErrnoException {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const error = new Error(`${code}: a fault of the model`)
  Error.stackTraceLimit = stackTraceLimit
  return Object.assign(error, { code })
}

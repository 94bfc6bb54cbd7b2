import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DirectoryEntry, FileStat, FileSystem, OpenFile, OpenMode } from './file-system.ts'
import { unless } from './disk.ts'
import { loadNativeLock } from './native-lock.ts'

const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL } = fs.constants
// Absent on Windows. O_CLOEXEC is set by libuv on every file that it opens.
const SAFE = (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0)
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY | SAFE,
  write: O_RDWR | SAFE,
  create: O_RDWR | O_CREAT | O_EXCL | SAFE,
}
const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700
const SAME_OWNER = -1

// The native lock is one of BSD there.
const HAS_PARTS = process.platform !== 'darwin'
const QUIETLY = { throwIfNoEntry: false } as const
/** What Linux calls ext4, XFS, Btrfs, F2FS, tmpfs and overlayfs: no server stands behind them. */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x01021994, 0x794c7630,
])

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void

// Plain callbacks cost half of what `fs.promises` does, and the writer's time is mostly this.
function call<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      // What is thrown to a callback of Node's would end the process.
      try {
        if (error === null || error === undefined) resolve(value)
        else reject(error)
      } catch (fault) {
        reject(fault as Error)
      }
    })
  })
}

function toStat(stats: fs.Stats): FileStat {
  const { dev, ino, size, mtimeMs, nlink, mode, uid, gid } = stats
  return { dev, ino, size, mtimeMs, nlink, mode, uid, gid, kind: kindOf(stats) }
}

function foundNow(look: () => fs.Stats | undefined): FileStat | undefined {
  try {
    const stats = look()
    return stats && toStat(stats)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw error
  }
}

function kindOf(of: { isFile(): boolean; isDirectory(): boolean }): FileStat['kind'] {
  if (of.isFile()) return 'file'
  return of.isDirectory() ? 'directory' : 'other'
}

class NodeFile implements OpenFile {
  readonly fd: number
  #closed = false

  constructor(fd: number) {
    this.fd = fd
  }

  async stat(): Promise<FileStat> {
    return toStat(await call<fs.Stats>((done) => fs.fstat(this.fd, done)))
  }

  statNow(): FileStat {
    return toStat(fs.fstatSync(this.fd))
  }

  readNow(target: Uint8Array, offset: number, length: number, position: number): number {
    return fs.readSync(this.fd, target, offset, length, position)
  }

  read(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return call((done) => fs.read(this.fd, target, offset, length, position, done))
  }

  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return call((done) => fs.write(this.fd, bytes, offset, length, position, done))
  }

  truncate(size: number): Promise<void> {
    return call((done) => fs.ftruncate(this.fd, size, done as fs.NoParamCallback))
  }

  async resemble({ mode, uid, gid }: FileStat): Promise<void> {
    if (mode === undefined || uid === undefined || gid === undefined) return
    for (const owner of [uid, SAME_OWNER]) {
      const own = await this.stat()
      if ((owner === SAME_OWNER || own.uid === uid) && own.gid === gid) break
      const give = call<void>((done) => {
        fs.fchown(this.fd, owner, gid, done as fs.NoParamCallback)
      })
      await unless('EPERM EINVAL ENOSYS ENOTSUP', give)
    }
    const own = await this.stat()
    const rights = own.gid === gid ? mode & 0o777 : mode & 0o707
    await call<void>((done) => fs.fchmod(this.fd, rights, done as fs.NoParamCallback))
  }

  sync(): Promise<void> {
    return call((done) => fs.fsync(this.fd, done as fs.NoParamCallback))
  }

  datasync(): Promise<void> {
    return call((done) => fs.fdatasync(this.fd, done as fs.NoParamCallback))
  }

  async close(): Promise<void> {
    // A second close would hit whoever has the number by then.
    if (this.#closed) return
    this.#closed = true
    await call<void>((done) => fs.close(this.fd, done as fs.NoParamCallback))
  }

  tryLock(byte?: number): boolean {
    const native = loadNativeLock()
    if (native instanceof Error) throw native
    if (byte === undefined || (byte === 0 && !HAS_PARTS)) return native.tryLock(this.fd)
    return HAS_PARTS ? native.tryLock(this.fd, byte, 1) : true
  }

  unlock(byte?: number): void {
    const native = loadNativeLock()
    if (native instanceof Error) throw native
    if (byte === undefined || (byte === 0 && !HAS_PARTS)) native.unlock(this.fd)
    else if (HAS_PARTS) native.unlock(this.fd, byte, 1)
  }
}

async function open(path: string, mode: OpenMode): Promise<OpenFile> {
  const fd = await call<number>((done) => fs.open(path, FLAGS[mode], FILE_MODE, done))
  const file = new NodeFile(fd)
  if (mode !== 'create') return file
  try {
    // The umask may have taken bits that the owner needs.
    await call<void>((done) => fs.fchmod(fd, FILE_MODE, done as fs.NoParamCallback))
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

async function append(path: string, bytes: Uint8Array): Promise<void> {
  const flags = O_WRONLY | O_APPEND | O_CREAT | SAFE
  const file = new NodeFile(await call((done) => fs.open(path, flags, FILE_MODE, done)))
  try {
    let done = 0
    while (done < bytes.length) {
      // Without a position: on some systems one beats the mode.
      done += await call<number>((next) => fs.write(file.fd, bytes, done, null, null, next))
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * What opens a file that never has a name: `O_TMPFILE` of Linux, which Node does not list. The number
 * is the same on all processors that Node is built for.
 */
const UNNAMED = process.platform === 'linux' ? O_RDWR | O_DIRECTORY | 0o20_000_000 : undefined

let opensUnnamed = UNNAMED !== undefined

async function openUnnamed(): Promise<OpenFile> {
  if (!opensUnnamed) return openUnlinked()
  try {
    const flags = UNNAMED as number
    return new NodeFile(await call((done) => fs.open(tmpdir(), flags, FILE_MODE, done)))
  } catch {
    // Some file systems and older kernels have no such files. What else is wrong is said next.
    const file = await openUnlinked()
    opensUnnamed = false
    return file
  }
}

/** A file that has lost its name. */
async function openUnlinked(): Promise<OpenFile> {
  const folder = await call<string>((done) => fs.mkdtemp(join(tmpdir(), 'flagging-'), done))
  const path = join(folder, 'spill')
  try {
    const file = await open(path, 'create')
    try {
      await unlink(path)
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  } finally {
    // What matters is the descriptor; an empty folder left behind must not cost a recording.
    await rmdir(folder).catch(() => undefined)
  }
}

async function mkdir(path: string): Promise<void> {
  await call<void>((done) => fs.mkdir(path, DIRECTORY_MODE, done as fs.NoParamCallback))
  await call<void>((done) => fs.chmod(path, DIRECTORY_MODE, done as fs.NoParamCallback))
}

function unlink(path: string): Promise<void> {
  return call((done) => fs.unlink(path, done as fs.NoParamCallback))
}

function rmdir(path: string): Promise<void> {
  return call((done) => fs.rmdir(path, done as fs.NoParamCallback))
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has no such call: its directories cannot be opened.
  if (process.platform === 'win32') return
  const fd = await call<number>((done) => fs.open(path, O_RDONLY, done))
  try {
    // Some network and user-space file systems cannot sync a directory, and need not.
    await unless(
      'EINVAL ENOTSUP',
      call<void>((done) => fs.fsync(fd, done as fs.NoParamCallback)),
    )
  } finally {
    await call<void>((done) => fs.close(fd, done as fs.NoParamCallback))
  }
}

/** The real disk. This file is the only one that imports `node:fs`. */
export const nodeFileSystem: FileSystem = {
  open,
  append,
  openUnnamed,
  mkdir,
  rmdir,
  unlink,
  syncDirectory,
  async readdir(path: string): Promise<DirectoryEntry[]> {
    const entries = await call<fs.Dirent[]>((done) =>
      fs.readdir(path, { withFileTypes: true }, done),
    )
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
  },
  async lstat(path: string): Promise<FileStat> {
    return toStat(await call<fs.Stats>((done) => fs.lstat(path, done)))
  },
  async stat(path: string): Promise<FileStat> {
    return toStat(await call<fs.Stats>((done) => fs.stat(path, done)))
  },
  lstatNow(path: string): FileStat | undefined {
    return foundNow(() => fs.lstatSync(path, QUIETLY))
  },
  statNow(path: string): FileStat | undefined {
    return foundNow(() => fs.statSync(path, QUIETLY))
  },
  async isLocal(path: string): Promise<boolean> {
    if (process.platform !== 'linux') return false
    return LOCAL.has((await call<fs.StatsFs>((done) => fs.statfs(path, done))).type)
  },
  link(from: string, to: string): Promise<void> {
    return call((done) => fs.link(from, to, done as fs.NoParamCallback))
  },
  rename(from: string, to: string): Promise<void> {
    return call((done) => fs.rename(from, to, done as fs.NoParamCallback))
  },
  async freeBytes(path: string): Promise<number> {
    const { bavail, bsize } = await call<fs.StatsFs>((done) => fs.statfs(path, done))
    return bavail * bsize
  },
  lockProblem(): Error | undefined {
    const native = loadNativeLock()
    return native instanceof Error ? native : undefined
  },
}

/** What `stat` tells of a file, as far as anything here asks. */
export interface FileStat {
  readonly dev: number
  readonly ino: number
  readonly size: number
  readonly mtimeMs: number
  /** How many names it has. */
  readonly nlink: number
  /** Who may do what with it, as in `chmod`; made up on Windows, absent where the disk has none. */
  readonly mode?: number
  /** The numbers of its owner and group; likewise. */
  readonly uid?: number
  readonly gid?: number
  readonly kind: 'file' | 'directory' | 'other'
}

/** An open file. Positions are absolute; nothing relies on the descriptor's own position. */
export interface OpenFile {
  readonly fd: number
  stat(): Promise<FileStat>
  /** The same at once: only for files of a disk that {@link FileSystem.isLocal}. */
  statNow(): FileStat
  /** Reads up to `length` bytes at `position`; gives how many were read, 0 at the end. */
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<number>
  /** The same at once: only for bytes that are in the kernel's memory. */
  readNow(target: Uint8Array, offset: number, length: number, position: number): number
  /** One `write`; gives how many bytes the kernel took, which may be fewer. */
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<number>
  truncate(size: number): Promise<void>
  /**
   * Gives it the owner, group and mode of another file, as far as this process may: nobody gets rights
   * who had none to that one.
   */
  resemble(other: FileStat): Promise<void>
  sync(): Promise<void>
  datasync(): Promise<void>
  close(): Promise<void>
  /**
   * Takes the kernel's exclusive lock without waiting; false if somebody else has it.
   * @param byte of this one alone, which need not exist; where only whole files can be locked, the
   * first stands for all, and the others are always free
   */
  tryLock(byte?: number): boolean
  unlock(byte?: number): void
}

/** One name in a directory. */
export interface DirectoryEntry {
  readonly name: string
  /** A symbolic link is `other`, whatever it points to. */
  readonly kind: FileStat['kind']
}

/**
 * How a file is opened. None follows a symbolic link in the last part of the path, and none waits
 * for the other end of a FIFO.
 * - `read`: for reading; it must exist.
 * - `write`: for reading and writing; it must exist.
 * - `create`: for reading and writing, made with mode 0600; `EEXIST` if there is one.
 */
export type OpenMode = 'read' | 'write' | 'create'

/**
 * The disk, as far as anything here uses it: one implementation stands on `node:fs`, others on a
 * model that can lose power or fail at any call. Failures carry the `code` of the system call.
 */
export interface FileSystem {
  open(path: string, mode: OpenMode): Promise<OpenFile>
  /**
   * Adds bytes behind the end of a file in one piece, whatever others add meanwhile, and brings them
   * to the disk; makes it with mode 0600 where there is none.
   */
  append(path: string, bytes: Uint8Array): Promise<void>
  /** An empty private file without a name, which dies with its descriptor. */
  openUnnamed(): Promise<OpenFile>
  /** Makes one directory with mode 0700, whatever the umask; `EEXIST` if the name is taken. */
  mkdir(path: string): Promise<void>
  rmdir(path: string): Promise<void>
  readdir(path: string): Promise<DirectoryEntry[]>
  /** Does not follow a symbolic link; {@link FileSystem.stat} does. */
  lstat(path: string): Promise<FileStat>
  stat(path: string): Promise<FileStat>
  /** The same at once, where the disk {@link isLocal}; `undefined` where there is nothing. */
  lstatNow(path: string): FileStat | undefined
  statNow(path: string): FileStat | undefined
  /** Whether a path is on a disk of this machine that is known to answer from memory. */
  isLocal(path: string): Promise<boolean>
  /** Gives an existing file a second name; `EEXIST` if the name is taken. */
  link(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Replaces whatever file has the new name. */
  rename(from: string, to: string): Promise<void>
  /** Brings the names in a directory to the disk, where the platform can. */
  syncDirectory(path: string): Promise<void>
  /** Bytes that are free for this process on the disk that holds `path`. */
  freeBytes(path: string): Promise<number>
  /** Why the kernel's lock cannot be used here, if it cannot. */
  lockProblem(): Error | undefined
}

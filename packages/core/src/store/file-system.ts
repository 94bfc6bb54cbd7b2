/** What `stat` tells of a file, as far as anything here asks. */
export interface FileStat {
  readonly dev: number
  readonly ino: number
  readonly size: number
  readonly mtimeMs: number
  readonly kind: 'file' | 'directory' | 'other'
}

/** An open file. Positions are absolute; nothing relies on the descriptor's own position. */
export interface OpenFile {
  readonly fd: number
  stat(): Promise<FileStat>
  /** Reads up to `length` bytes at `position`; gives how many were read, 0 at the end. */
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<number>
  /** One `write`; gives how many bytes the kernel took, which may be fewer. */
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<number>
  truncate(size: number): Promise<void>
  sync(): Promise<void>
  datasync(): Promise<void>
  close(): Promise<void>
  /** Takes the kernel's exclusive lock without waiting; false if somebody else has it. */
  tryLock(): boolean
  unlock(): void
}

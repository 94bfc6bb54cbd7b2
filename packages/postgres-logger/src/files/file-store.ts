import type { FlaggedFile } from '@flagging/core'
import type { ByteSource } from '@flagging/core/store'

/** What is known of a file once it is stored. */
export interface StoredFacts {
  readonly size: number
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly sha256: string
}

/** Where the files of samples lie: a bucket, or a directory. Keys are ours: letters, digits, `/._-`. */
export interface FileStore {
  /**
   * Stores a file under a key, of which nobody sees a half. The same again is no error: what lies there
   * is replaced by the same bytes. It resolves when the file is stored as safely as the place stores
   * anything; a rejection leaves nothing that is read.
   */
  put(key: string, file: FlaggedFile): Promise<StoredFacts>
  /** The bytes of a file; nothing is opened before they are asked for. Parts are read as parts. */
  open(key: string, size: number): ByteSource
  /** Deletes files. What is gone already is no error. */
  remove(keys: readonly string[]): Promise<void>
  /** An address from which a browser may read the file for a while, if the place has such addresses. */
  presign?(key: string, facts: { readonly type: string; readonly name: string }): Promise<string>
  /** Whether files can be stored: rejects with what to do about it, if not. */
  check(): Promise<void>
  /** Gives connections back. */
  close(): Promise<void>
}

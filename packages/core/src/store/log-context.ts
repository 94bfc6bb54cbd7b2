import type { FlaggingError } from '../errors.ts'
import type { FileSystem } from './file-system.ts'
import type { QuickLooks } from './quick-looks.ts'

/** What a log needs of its dataset. */
export interface LogContext {
  readonly fs: FileSystem
  /** The dataset's folder. */
  readonly dir: string
  /** Its `.flagging`. */
  readonly folder: string
  /** Whether rows and files are brought to the disk; what is made or cut once always is. */
  readonly sync: boolean
  readonly quick: QuickLooks
  /** Told of what was set aside. */
  readonly report: (error: FlaggingError) => void
}

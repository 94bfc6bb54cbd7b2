import { FlaggingError } from '@flagging/core'
import { errnoOf } from '@flagging/core/store'
import { type FileFault, OF_FILE, OF_PLACE, fileError, fileFaultOf } from './file-fault.ts'

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EROFS: 'it is mounted for reading only',
  EACCES: 'this process must have the right to read, write and search it',
  EPERM: 'this process must have the right to read, write and search it',
  ENOTDIR: 'something in its path is no directory',
  EMFILE: 'this process has too many files open',
}
/** What a name itself is refused with. */
const NAMES = new Set(['ENAMETOOLONG', 'EFBIG'])

/** What is said of a file that the directory did not store, give or delete. */
export function directoryError(
  error: unknown,
  dir: string,
  what: 'stored in' | 'read from' | 'deleted from',
  key?: string,
): FlaggingError {
  if (error instanceof FlaggingError) return error
  const code = errnoOf(error)
  if (key !== undefined && (code === 'ENOENT' || code === 'ENOTDIR')) {
    return fileError(OF_FILE, `${key} is gone from ${dir}`, error)
  }
  const advice = code === undefined ? undefined : ADVICE[code]
  const why = [code ?? 'see the cause', advice].filter(Boolean).join(': ')
  return fileError(faultOf(code, error), `A file could not be ${what} ${dir} (${why})`, error)
}

function faultOf(code: string | undefined, error: unknown): FileFault {
  if (code !== undefined && NAMES.has(code)) return OF_FILE
  return code === 'EIO' ? { ...OF_PLACE, isTransient: true } : fileFaultOf(error)
}

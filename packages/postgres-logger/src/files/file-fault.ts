import { FlaggingError } from '@flagging/core'
import { errnoOf } from '@flagging/core/store'

/** Why a file was not stored, read or deleted. */
export interface FileFault {
  /**
   * `file`: it will fail again, whatever becomes of the place: it cannot be read, or no place takes it.
   * `place`: the network, the bucket, the disk or what they are asked with; the file is as good as ever.
   */
  readonly at: 'file' | 'place'
  /** Whether it may pass without anybody doing anything. */
  readonly isTransient: boolean
}

const faults = new WeakMap<object, FileFault>()

/** An `ERR_FLAGGING_STORE` that {@link fileFaultOf} knows the fault of. */
export function fileError(fault: FileFault, message: string, cause?: unknown): FlaggingError {
  const options = cause === undefined ? {} : { cause }
  const error = new FlaggingError('ERR_FLAGGING_STORE', message, options)
  faults.set(error, fault)
  return error
}

/** A fault of the file itself. */
export const OF_FILE: FileFault = { at: 'file', isTransient: false }
/** A fault of the place that somebody must see to. */
export const OF_PLACE: FileFault = { at: 'place', isTransient: false }
/** A fault of the place that passes. */
export const PASSING: FileFault = { at: 'place', isTransient: true }

/**
 * Whose fault a rejection of a file store is. What nobody can tell, such as an error of somebody
 * else's store, is one of the place: then nothing is given up for it.
 */
export function fileFaultOf(error: unknown): FileFault {
  const known = typeof error === 'object' && error !== null ? faults.get(error) : undefined
  return known ?? systemFault(error)
}

/** Whether a rejection of a file store may pass by itself: the network, a busy server, a timeout. */
export function isTransientFileError(error: unknown): boolean {
  return fileFaultOf(error).isTransient
}

const NETWORK = new Set(
  `ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH
  ENETDOWN EHOSTDOWN EADDRNOTAVAIL`.split(/\s+/),
)
const SHORTAGES = new Set('EMFILE ENFILE ENOMEM ENOBUFS EAGAIN EBUSY EINTR ESTALE'.split(' '))

function systemFault(error: unknown): FileFault {
  const code = codeOf(error)
  return code !== undefined && (NETWORK.has(code) || SHORTAGES.has(code)) ? PASSING : OF_PLACE
}

/** The code of a failed system call, also of one that several addresses were tried for. */
function codeOf(error: unknown): string | undefined {
  // Names of the network's errors end in an underscore and more.
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' ? code : errnoOf(error)
}

/** What is said where the bytes of a file that is to be stored cannot be had. */
export function unreadable(error: unknown): FlaggingError {
  if (error instanceof FlaggingError && faults.has(error)) return error
  const code = codeOf(error)
  const fault = code !== undefined && SHORTAGES.has(code) ? PASSING : OF_FILE
  const why = error instanceof FlaggingError ? error.message : (code ?? 'see the cause')
  return fileError(fault, `A file of the sample cannot be read (${why})`, error)
}

import { FlaggingError } from '@flagging/core'
import pg from 'pg'

/** Classes of SQLSTATE that say something of the row: its data, a constraint, a limit of the server. */
const OF_THE_ROW = /^(?:2[123]|54)/

/** What is said of a connection without a code. */
const CONNECTION = /^(?:Connection terminated|timeout exceeded when trying to connect|Client )/

const NETWORK = new Set(
  `ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN
  ENETRESET ENOTFOUND EAI_AGAIN ENOENT EACCES ENOBUFS EMFILE ENFILE ENOSPC EROFS EIO EDQUOT
  ERR_SOCKET_CLOSED ERR_SOCKET_CONNECTION_TIMEOUT ERR_STREAM_PREMATURE_CLOSE`.split(/\s+/),
)

const marks = new WeakMap<object, boolean>()

/** Says of an error, whatever it is, whether trying again may help. */
export function markTransient<E extends object>(error: E, transient: boolean): E {
  marks.set(error, transient)
  return error
}

/**
 * Whether trying again may help, maybe only after somebody has seen to it: the network, a server that
 * starts or stops, too many connections, deadlocks, a wrong password, missing tables or rights. It does
 * not where the row itself is what is refused.
 */
export function isTransient(error: unknown): boolean {
  for (let one: unknown = error; typeof one === 'object' && one !== null;) {
    const marked = marks.get(one)
    if (marked !== undefined) return marked
    if (one instanceof pg.DatabaseError) return !OF_THE_ROW.test(one.code ?? '')
    const { code, cause, message } = one as { code?: unknown; cause?: unknown; message?: unknown }
    if (typeof code === 'string' && NETWORK.has(code)) return true
    if (typeof message === 'string' && CONNECTION.test(message)) return true
    if (one instanceof FlaggingError && cause === undefined) return false
    one = cause
  }
  return false
}

/** SQLSTATE of what stays as it is until somebody changes the server, or how it is reached. */
const OF_THE_SETUP = /^(?:28|3D|3F|42|0A)/

/** Whether the database says that it is not set up for what was asked. */
export function isOfTheSetup(error: unknown): boolean {
  for (let one: unknown = error; typeof one === 'object' && one !== null;) {
    if (one instanceof pg.DatabaseError) return OF_THE_SETUP.test(one.code ?? '')
    one = (one as { cause?: unknown }).cause
  }
  return false
}

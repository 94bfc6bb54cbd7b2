import pg from 'pg'

/** Classes of SQLSTATE that say something of the row: its data, a constraint, a limit of the server. */
const OF_THE_ROW = /^(?:2[123]|54)/

/** Of what stays as it is until somebody changes the server, or how it is reached. */
const OF_THE_SETUP = /^(?:28|3D|3F|42|0A)/

/** What is said of a connection without a code. */
const CONNECTION = /^(?:Connection terminated|timeout exceeded when trying to connect|Client )/

const NETWORK = new Set(
  `ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN
  ENETRESET ENOTFOUND EAI_AGAIN ENOENT EACCES ENOBUFS EMFILE ENFILE ENOSPC EROFS EIO EDQUOT
  ERR_SOCKET_CLOSED ERR_SOCKET_CONNECTION_TIMEOUT ERR_STREAM_PREMATURE_CLOSE`.split(/\s+/),
)

/**
 * What kind of fault it is: one that may pass by itself; one of how things are set up, which stays until
 * somebody sees to it; or one of the row, which stays for good.
 */
type Fault = 'passing' | 'setup' | 'row'

const marks = new WeakMap<object, Fault>()

/** Says of an error, whatever it is, whose fault it is. */
export function markFault<E extends object>(error: E, fault: Fault): E {
  marks.set(error, fault)
  return error
}

/**
 * Whether trying again may help, maybe only after somebody has seen to it: the network, a server that
 * starts or stops, too many connections, deadlocks, a wrong password, missing tables or rights. It does
 * not where the row itself is what is refused.
 */
export function isTransient(error: unknown): boolean {
  return faultOf(error) !== 'row'
}

/** Whether trying again helps only after somebody has changed the server, or how it is reached. */
export function isOfTheSetup(error: unknown): boolean {
  return faultOf(error) === 'setup'
}

function faultOf(error: unknown): Fault {
  for (let one: unknown = error; typeof one === 'object' && one !== null;) {
    const marked = marks.get(one)
    if (marked !== undefined) return marked
    const { code, cause, message } = one as { code?: unknown; cause?: unknown; message?: unknown }
    if (one instanceof pg.DatabaseError) return faultOfState(one.code)
    if (typeof code === 'string' && NETWORK.has(code)) return 'passing'
    if (typeof message === 'string' && CONNECTION.test(message)) return 'passing'
    one = cause
  }
  return 'row'
}

function faultOfState(state = ''): Fault {
  if (OF_THE_ROW.test(state)) return 'row'
  return OF_THE_SETUP.test(state) ? 'setup' : 'passing'
}

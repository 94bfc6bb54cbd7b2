/** What a client sends, again and again. */
export interface Workload {
  /** The request, head and all, in pieces. */
  readonly request: readonly Uint8Array[]
  /** How many of what is counted one exchange is. Default 1. */
  readonly each?: number
}

const KIB = 1024
const MIB = 1024 * KIB

/** The workloads by name; a number behind a `:` says how large. */
export function workloadOf(name: string): Workload {
  const [kind = '', size = '0'] = name.split(':')
  const make = WORKLOADS[kind]
  if (make === undefined) throw new Error(`There is no workload ${name}`)
  return make(Number(size))
}

const WORKLOADS: Readonly<Record<string, (size: number) => Workload>> = {
  calculate: () => json('/calculate', { num1: 5, operation: 'add', num2: 7 }),
  // The same at one of so many endpoints.
  endpoint: (nth) => json(`/calculate/${nth}`, { num1: 5, operation: 'add', num2: 7 }),
  // So many bytes of JSON, sent back as they come.
  echo: (bytes) => json('/echo', { text: 'x'.repeat(Math.max(1, bytes - 11)) }),
  columns: (count) =>
    json('/count', Object.fromEntries(Array.from({ length: count }, (_, at) => [`c${at}`, at]))),
  form: () => ({
    request: request('/form', 'application/x-www-form-urlencoded', [
      Buffer.from('num1=5&operation=add&num2=7&comment=two+words+and+%C3%BCmlauts'),
    ]),
  }),
  png: () => json('/png', { prompt: 'a picture of a mountain' }),
  upload: (mebibytes) => ({ request: upload(mebibytes * MIB) }),
  // Counted by its chunks.
  sse: (chunks) => ({ ...json('/sse', { chunks, pause: 0 }), each: chunks }),
  'slow-sse': (chunks) => json('/sse', { chunks, pause: 10 }),
}

function json(path: string, body: unknown): Workload {
  return { request: request(path, 'application/json', [Buffer.from(JSON.stringify(body))]) }
}

function upload(bytes: number): Uint8Array[] {
  const boundary = '----bench'
  const disposition = 'Content-Disposition: form-data; name="file"; filename="some.bin"'
  const start = `--${boundary}\r\n${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`
  // The same piece over and over: it must not be the client that needs memory.
  const piece = Buffer.alloc(64 * KIB, 'some bytes ')
  const pieces = Array.from({ length: bytes / piece.length }, () => piece)
  const body = [Buffer.from(start), ...pieces, Buffer.from(`\r\n--${boundary}--\r\n`)]
  return request('/upload', `multipart/form-data; boundary=${boundary}`, body)
}

function request(path: string, type: string, body: readonly Uint8Array[]): Uint8Array[] {
  const length = body.reduce((sum, piece) => sum + piece.length, 0)
  const head = Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: bench\r\nContent-Type: ${type}\r\n` +
      `Content-Length: ${length}\r\n\r\n`,
  )
  // Small requests arrive in one piece, as they do from clients that are on a network.
  return length < 64 * KIB ? [Buffer.concat([head, ...body])] : [head, ...body]
}

import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib'
import { bytes } from '../bodies.ts'

/** An answer as an app may give it, whatever it means. */
export interface Given {
  readonly status?: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** What a complete capture has of it. */
  readonly kept?: string
}

const JSON_TYPE = { 'Content-Type': 'application/json' }
const EVENTS = { 'Content-Type': 'text/event-stream' }
const LINES = { 'Content-Type': 'application/x-ndjson' }
const OCTETS = { 'Content-Type': 'application/octet-stream' }

/** Answers whose content is not what their type says, or hard to read. */
export const CONTENTS: Readonly<Record<string, Given>> = {
  'JSON that never ends': {
    headers: JSON_TYPE,
    body: '{"a":"unended answer',
    kept: 'unended answer',
  },
  'no JSON': { headers: JSON_TYPE, body: 'no json in this', kept: 'no json in this' },
  'empty JSON': { headers: JSON_TYPE, body: '' },
  'JSON with a byte order mark': { headers: JSON_TYPE, body: '\uFEFF{"a":1}' },
  'JSON that is no UTF-8': { headers: JSON_TYPE, body: bytes('{"a":"\xFF\xC3"}') },
  '20,000 nested lists': {
    headers: JSON_TYPE,
    body: '['.repeat(20_000) + ']'.repeat(20_000),
  },
  prototypes: {
    headers: JSON_TYPE,
    body: '{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}',
  },
  'numbers beyond doubles': { headers: JSON_TYPE, body: '{"n":12345678901234567890,"b":1e400}' },
  'a half of a surrogate': { headers: JSON_TYPE, body: String.raw`{"s":"\ud800\u0000"}` },
  secrets: { headers: JSON_TYPE, body: '{"password":"p","list":[{"TOKEN":"t"}]}' },
  formulas: { headers: JSON_TYPE, body: '{"=1+1":"@SUM(A1)","Output":"+1"}' },
  'a charset that nobody knows': {
    headers: { 'Content-Type': 'application/json; charset=bogus' },
    body: '{"a":1}',
  },
  'UTF-16': {
    headers: { 'Content-Type': 'text/plain; charset=utf-16le' },
    body: Buffer.from('wide \u{1F600}', 'utf16le'),
  },
  'text that is no UTF-8': {
    headers: { 'Content-Type': 'text/plain' },
    body: bytes('caf\xE9\xC3'),
  },
  'bytes without a type': { headers: {}, body: bytes('\x00\x01\xFE') },
  'a type that is none': { headers: { 'Content-Type': ';/;' }, body: 'typeless text' },
  'a type of 8 KB': { headers: { 'Content-Type': `text/plain; x=${'y'.repeat(8000)}` }, body: 'x' },
  'a broken form': {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'a=%&%zz=%ff&__proto__[x]=1',
  },
  'a picture that is none': { headers: { 'Content-Type': 'image/png' }, body: 'no picture' },
  'a page': { headers: { 'Content-Type': 'text/html' }, body: '<script>alert(1)</script>' },
  'a file of a mean name': {
    headers: { ...OCTETS, 'Content-Disposition': 'attachment; filename="../../x\\..\\y.html"' },
    body: 'mean name',
  },
  'all bytes': {
    headers: OCTETS,
    body: Buffer.alloc(2560, Buffer.from(Array.from({ length: 256 }, (_, n) => n))),
  },
}

/** Answers in parts, and long ones. */
export const LONG: Readonly<Record<string, Given>> = {
  'a form in parts': {
    headers: { 'Content-Type': 'multipart/form-data; boundary=X' },
    body: '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\npart of an answer\r\n--X--\r\n',
    kept: 'part of an answer',
  },
  'parts without a boundary': {
    headers: { 'Content-Type': 'multipart/form-data' },
    body: '--X\r\n',
  },
  'parts that break off': {
    headers: { 'Content-Type': 'multipart/mixed; boundary=X' },
    body: '--X\r\nContent-Dispo',
  },
  '10,000 keys': {
    headers: JSON_TYPE,
    body: `{${Array.from({ length: 10_000 }, (_, n) => `"k${n}":${n}`).join(',')}}`,
  },
  'an event of 300 KB': { headers: EVENTS, body: `data: ${'word '.repeat(60_000)}last one\n\n` },
}

/** Answers with a coding of their content, right or wrong. */
export const CODED: Readonly<Record<string, Given>> = {
  gzip: coded('gzip', gzipSync('{"z":"words within gzip"}'), 'words within gzip'),
  br: coded('br', brotliCompressSync('{"z":"words within br"}'), 'words within br'),
  'gzip twice': coded('gzip, gzip', gzipSync(gzipSync('{"z":1}'))),
  'only said to be gzip': coded('gzip', '{"z":"plain in truth"}', 'plain in truth'),
  'only said to be br': coded('br', '{"z":1}'),
  'half of a gzip': coded('gzip', gzipSync('{"z":"only half of it"}').subarray(0, 22)),
  'deflate without its frame': coded('deflate', deflateRawSync('{"z":1}')),
  'an unknown coding': coded('x-mine', '{"z":1}'),
  '10 MB of zeros in a gzip': coded('gzip', gzipSync(Buffer.alloc(10 * 1024 * 1024))),
  'an empty gzip': coded('gzip', ''),
}

/** Streams of events and lines that do not keep to their rules. */
export const STREAMS: Readonly<Record<string, Given>> = {
  'events that never end': { headers: EVENTS, body: 'data: the last unended', kept: 'unended' },
  'lines that end with CR': {
    headers: EVENTS,
    body: 'data: by cr\r\rdata: two\r\r',
    kept: 'by cr',
  },
  'a byte order mark': { headers: EVENTS, body: '\uFEFFdata: behind mark\n\n' },
  'fields that nobody knows': {
    headers: EVENTS,
    body: 'data\nid: \0\nretry: x\nfoo: bar\n: c\n\n',
  },
  'no events at all': { headers: EVENTS, body: '<html>an error page</html>' },
  'an empty stream': { headers: EVENTS, body: '' },
  'only the end of it': { headers: EVENTS, body: 'data: [DONE]\n\n' },
  'deltas of wrong types': {
    headers: EVENTS,
    body: [null, [], [null], [{ delta: 5 }], [{ delta: { content: { a: 1 } } }], 'x']
      .map((choices) => `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices })}\n\n`)
      .join(''),
  },
  'deltas that break off': {
    headers: EVENTS,
    body: 'data: {"choices":[{"index":0,"delta":{"content":"half of"}}]}\n\ndata: {"choices":[{"del',
    kept: 'half of',
  },
  '5,000 events': {
    headers: EVENTS,
    body: Array.from({ length: 5000 }, (_, n) => `data: ${n}\n\n`).join(''),
  },
  'events that are no UTF-8': { headers: EVENTS, body: bytes('data: caf\xE9\n\ndata: \xC3\n\n') },
  'lines of which some are broken': {
    headers: LINES,
    body: '{"n":1}\nbroken line\n\n[\n{"n":"kept line"}',
    kept: 'broken line',
  },
}

/** Statuses and headers that few answers have. */
export const HEADS: Readonly<Record<string, Given>> = {
  '204 with a body': { status: 204, headers: JSON_TYPE, body: '{"a":1}' },
  '205 with a body': { status: 205, headers: JSON_TYPE, body: '{"a":1}' },
  '304 with a body': { status: 304, headers: { ETag: '"x"' }, body: 'dropped' },
  '206': {
    status: 206,
    headers: { ...OCTETS, 'Content-Range': 'bytes 0-3/9' },
    body: 'part of nine',
    kept: 'part of nine',
  },
  '207': { status: 207, headers: { 'Content-Type': 'application/xml' }, body: '<multistatus/>' },
  '299': { status: 299, headers: JSON_TYPE, body: '{"a":1}' },
  '302 with a body': { status: 302, headers: { Location: '/else' }, body: 'gone elsewhere' },
  '401': { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' }, body: 'who are you' },
  '416': { status: 416, headers: { 'Content-Range': 'bytes */9' }, body: '' },
  '500 with a body': { status: 500, headers: JSON_TYPE, body: '{"error":"of the app"}' },
  '599': { status: 599, headers: {}, body: 'beyond' },
  'bytes above ASCII': {
    headers: { 'X-Latin': 'caf\xE9', 'Content-Type': 'text/plain' },
    body: 'x',
  },
  secrets: { headers: { 'Set-Cookie': 'sid=s3cret', Authorization: 'Bearer s3cret' }, body: 'x' },
  'names of methods': { headers: { constructor: 'x', toString: 'y', __proto: 'z' }, body: 'x' },
  'a header of 6 KB': { headers: { 'X-Long': 'x'.repeat(6000) }, body: 'x' },
}

/** Lengths that do not fit; the connection suffers for it. */
export const LENGTHS: Readonly<Record<string, Given>> = {
  'less than its length says': { headers: { 'Content-Length': '100' }, body: 'only this' },
  'a length of zero': { headers: { 'Content-Length': '0' }, body: '' },
  'a length that fits': { headers: { 'Content-Length': '8' }, body: 'eight by', kept: 'eight by' },
}

function coded(coding: string, body: string | Uint8Array, kept?: string): Given {
  const headers = { ...JSON_TYPE, 'Content-Encoding': coding }
  return { headers, body, ...(kept !== undefined && { kept }) }
}

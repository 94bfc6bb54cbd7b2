import { gzipSync } from 'node:zlib'
import type { Probe } from '../../src/probe.ts'
import { bytes, type Sent } from '../bodies.ts'
import { playedInto } from './bodies.ts'
import { EXPRESS_READERS as EXPRESS } from './readers-express.ts'
import { HONO_READERS as HONO } from './readers-hono.ts'

const JSON_TYPE = 'application/json'
const URLENCODED = 'application/x-www-form-urlencoded'

const SOUND: readonly Sent[] = [
  json(
    'all types',
    '{"a":-1.5,"b":"-1.5","c":-0,"d":1e21,"e":true,"f":false,"g":null,"h":"","i":"kept of types"}',
    'kept of types',
  ),
  json(
    'a path in the shape of an upload',
    '{"image":{"path":"/etc/passwd","meta":{"_type":"gradio.FileData"}}}',
    '/etc/passwd',
  ),
  json('addresses', '{"url":"http://127.0.0.1:9/x","path":"file:///etc/hosts"}'),
  json('prototypes', '{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}},"toString":"z"}'),
  json('a key __proto__ that is text', '{"__proto__":"text of proto"}'),
  json('numbers beyond doubles', '{"n":12345678901234567890,"big":1e400,"neg":-1e400}'),
  json('halves of surrogates', String.raw`{"s":"\ud800","t":"\udc00\ud83d","u":"\u0000=1"}`),
  json('a list', '["one of a list",2,[3,[4,[]]]]', 'one of a list'),
  json('an empty object', '{}'),
  json('an empty list', '[]'),
  json('a bare number', '-0'),
  json('a bare text', '"bare text"', 'bare text'),
  json('a bare null', 'null'),
  json('blanks around', ' \r\n\t {"a" : "blanks around" } \n', 'blanks around'),
  json('the same key twice', '{"a":"first value","a":"second value"}'),
  json('secrets', '{"password":"p","user":{"Api_Key":"k","list":[{"TOKEN":"t"}]}}'),
  json('formulas', `{"=1+1":"@SUM(A1)","-":"+1","x":"=cmd|'/c calc'!A1"}`),
  json('columns of a log', '{"id":"x","timestamp":1,"flag_option":"y","username":"z","Output":1}'),
  json('1,000 keys', `{${Array.from({ length: 1000 }, (_, n) => `"k${n}":${n}`).join(',')}}`),
  json('20,000 nested lists', '['.repeat(20_000) + ']'.repeat(20_000)),
  json('2,000 nested objects', `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`),
  {
    name: 'a type with a suffix and a charset',
    type: 'application/vnd.api+json; charset=UTF-8',
    body: '{"data":"of an API"}',
    kept: 'of an API',
  },
  {
    name: 'a type in capitals',
    type: 'Application/JSON',
    body: '{"capital":"letters"}',
    kept: 'letters',
  },
  { name: 'the type text/json', type: 'text/json', body: '{"text":"json"}' },
  {
    name: 'JSON lines',
    type: 'application/x-ndjson',
    body: '{"n":1}\n{"n":2}\nnot json\n',
    kept: 'not json',
  },
  {
    name: 'compressed JSON',
    type: JSON_TYPE,
    body: gzipSync('{"z":"compressed"}'),
    headers: { 'Content-Encoding': 'gzip' },
  },
]

const BROKEN: readonly Sent[] = [
  json('an unended object', '{"a":"never ended"', 'never ended'),
  json('no JSON at all', 'not json at all', 'not json at all'),
  json('an empty body', ''),
  json('a byte order mark', '\uFEFF{"a":1}'),
  json('bytes that are no UTF-8', bytes('{"a":"\xFF\xFE\xC3"}')),
  json('half a character at the end', bytes('{"a":"caf\xC3')),
  json('NUL bytes', '{"a":"x\0y"}\0'),
  json('a comment and a trailing comma', '{/* c */"a":1,}'),
  json('NaN', '{"a":NaN,"b":Infinity}'),
  json('two objects', '{"a":1}{"b":2}'),
  json('only a bracket', '['),
  json('blanks only', ' \r\n '),
  json('60,000 brackets without an end', '['.repeat(60_000)),
  {
    ...json('UTF-16', Buffer.from('{"a":1}', 'utf16le')),
    type: 'application/json; charset=utf-16',
  },
  { ...json('an unknown charset', '{"a":1}'), type: 'application/json; charset=bogus' },
  { ...json('a type with an unended parameter', '{"a":1}'), type: 'application/json; charset="' },
  { ...json('a type of semicolons', '{"a":1}'), type: 'application/json;;;' },
  { ...json('a type that is none', '{"a":1}'), type: ';/;' },
  { ...json('an empty type', '{"a":1}'), type: '' },
  { ...json('a type of 10 KB', '{"a":1}'), type: `application/json; x=${'y'.repeat(10_000)}` },
]

/** Bodies that are in a coding, or say so. */
const CODED: readonly Sent[] = [
  coded('JSON that only says it is gzip', 'gzip', '{"a":1}'),
  coded('JSON that only says it is br', 'br', '{"a":1}'),
  coded('half of a gzip', 'gzip', gzipSync('{"z":"half of it"}').subarray(0, 20)),
  coded('two codings', 'gzip, gzip', gzipSync(gzipSync('{"z":"twice"}'))),
  coded('an unknown coding', 'x-unknown', '{"a":1}'),
  coded('10 MB of zeros in a gzip', 'gzip', gzipSync(Buffer.alloc(10 * 1024 * 1024))),
  coded(
    'a gzip with something behind it',
    'gzip',
    Buffer.concat([gzipSync('{"z":1}'), bytes('tail')]),
  ),
]

/** Bodies beyond what parsers take by default. */
const LONG: readonly Sent[] = [
  json('a text of 90 KB', JSON.stringify({ text: `${'long '.repeat(18_000)}end of 90 KB` })),
  json('a text of 150 KB', JSON.stringify({ text: `${'long '.repeat(30_000)}end of 150 KB` })),
  json('200,000 nested lists', '['.repeat(200_000) + ']'.repeat(200_000)),
  json('10,000 keys', `{${Array.from({ length: 10_000 }, (_, n) => `"k${n}":${n}`).join(',')}}`),
  { name: 'a form of 150 KB', type: URLENCODED, body: `a=${'x'.repeat(150_000)}` },
  { name: '30,000 fields', type: URLENCODED, body: 'a[]=1&'.repeat(30_000) },
]

function json(name: string, body: string | Uint8Array, kept?: string): Sent {
  return { name, type: JSON_TYPE, body, ...(kept !== undefined && { kept }) }
}

function coded(name: string, coding: string, body: string | Uint8Array): Sent {
  return { name, type: JSON_TYPE, body, headers: { 'Content-Encoding': coding } }
}

/** JSON that is right but unusual, and JSON that is none. */
export const HOSTILE_JSON: readonly Probe[] = [
  ...playedInto({
    what: 'unusual JSON',
    bodies: SOUND,
    express: [EXPRESS.json, EXPRESS.jsonVerified, EXPRESS.text, EXPRESS.late],
    hono: [HONO.json, HONO.twice, HONO.bytes, HONO.late, HONO.echo],
  }),
  ...playedInto({
    what: 'broken JSON',
    bodies: BROKEN,
    express: [EXPRESS.json, EXPRESS.jsonVerified, EXPRESS.text, EXPRESS.raw, EXPRESS.ignoring],
    hono: [HONO.json, HONO.twice, HONO.text, HONO.limited, HONO.ignoring],
  }),
  ...playedInto({
    what: 'codings, right or wrong,',
    bodies: CODED,
    express: [EXPRESS.json],
    hono: [HONO.bytes],
  }),
  ...playedInto({
    what: 'long bodies',
    bodies: LONG,
    express: [EXPRESS.both],
    hono: [HONO.text, HONO.limited],
  }),
]

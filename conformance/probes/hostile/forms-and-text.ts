import type { Probe } from '../../src/probe.ts'
import { bytes, type Sent } from '../bodies.ts'
import { playedInto } from './bodies.ts'
import { EXPRESS_READERS as EXPRESS } from './readers-express.ts'
import { HONO_READERS as HONO } from './readers-hono.ts'

const URLENCODED = 'application/x-www-form-urlencoded'

const FORMS: readonly Sent[] = [
  fields('the same field twice', 'a=1&a=2&b=&c=same+field+twice'),
  fields('an empty body', ''),
  fields('signs without names', '&&=&=x&&&'),
  fields('names without values', 'a&b&c'),
  fields('60 levels', `a${'[b]'.repeat(60)}=deep`),
  fields('1,100 fields', Array.from({ length: 1100 }, (_, n) => `f${n}=${n}`).join('&')),
  fields('5,000 list items', 'a[]=&'.repeat(5000)),
  fields('a list of commas', `a[]=${'1,'.repeat(3000)}`),
  fields('a list index beyond reason', 'a[100000000]=x&b[-1]=y&c[1e9]=z'),
  fields('prototypes', 'a[__proto__]=b&a[__proto__]&a[length]=100000000&__proto__[p]=1'),
  fields('names of methods', 'hasOwnProperty=1&toString=2&constructor[prototype][y]=3'),
  fields('broken escapes', 'a=%&b=%zz&%ff=%fe&c=%u0041&d=%C3%28'),
  fields('an unended bracket', 'a[b=1&c]=2&[d]=3&e[]]=4'),
  fields('semicolons', 'a=1;b=2;c=3'),
  fields('UTF-8 that is not escaped', 'größe=übergroß'),
  fields('bytes that are no UTF-8', bytes('a=\xFF\xFE&\xC3=1')),
  fields('NUL bytes', 'a%00b=c%00d&e=\0'),
  fields('line breaks', 'a=1\r\nb=2\r\n'),
  fields('formulas', "a==1+1&b=%2B1&c=@SUM(A1)&=cmd|'/c calc'!A1"),
  fields('a name of 50 KB', `${'n'.repeat(50_000)}=1`),
  { ...fields('latin1', bytes('a=%E4&b=\xE4')), type: `${URLENCODED}; charset=iso-8859-1` },
  { ...fields('an unknown charset', 'a=1'), type: `${URLENCODED}; charset=bogus` },
  fields('JSON that says it is a form', '{"a":"no form"}'),
]

/** All 256 values of a byte, a hundred times. */
const ALL_BYTES = Buffer.alloc(25_600, Buffer.from(Array.from({ length: 256 }, (_, n) => n)))

const OTHERS: readonly Sent[] = [
  { name: 'plain text', type: 'text/plain', body: 'just plain text', kept: 'just plain text' },
  { name: 'all bytes', type: 'application/octet-stream', body: ALL_BYTES },
  { name: 'no type', body: bytes('\x01\xFE\x00\x80\x7F') },
  { name: 'no type and text', body: 'text without a type', kept: 'text without a type' },
  { name: 'a picture that is none', type: 'image/png', body: 'not a picture' },
  { name: 'text that is no UTF-8', type: 'text/plain', body: bytes('caf\xE9 \xC3\x28') },
  { name: 'latin1', type: 'text/plain; charset=iso-8859-1', body: bytes('caf\xE9') },
  {
    name: 'UTF-16',
    type: 'text/plain; charset=utf-16le',
    body: Buffer.from('wide \u{1F600}', 'utf16le'),
  },
  { name: 'an unknown charset', type: 'text/plain; charset=bogus', body: 'bogus' },
  { name: 'a type with blanks', type: '  text / plain ; =  ', body: 'blank type' },
  { name: 'a type of a hundred parameters', type: `text/plain${'; a=b'.repeat(100)}`, body: 'x' },
  { name: 'XML with an entity', type: 'application/xml', body: '<!ENTITY x SYSTEM "file:///">' },
  { name: 'CSV', type: 'text/csv', body: 'a,b\n=1+1,"2\n3"\n' },
  { name: 'a body on DELETE', method: 'DELETE', type: 'text/plain', body: 'sent along DELETE' },
  { name: 'a body on GET', method: 'GET', type: 'text/plain', body: 'sent along GET' },
  { name: 'a body on PATCH', method: 'PATCH', type: 'text/plain', body: 'sent along PATCH' },
  { name: 'a body on OPTIONS', method: 'OPTIONS', type: 'text/plain', body: 'along OPTIONS' },
  { name: 'a body on PROPFIND', method: 'PROPFIND', type: 'application/xml', body: '<propfind/>' },
  {
    name: 'characters of four bytes at every edge',
    type: 'text/plain',
    body: '😀xx'.repeat(8000),
  },
]

function fields(name: string, body: string | Uint8Array): Sent {
  return { name, type: URLENCODED, body }
}

/** Forms without files, texts, and bodies of no known type. */
export const HOSTILE_FORMS_AND_TEXT: readonly Probe[] = [
  ...playedInto({
    what: 'odd urlencoded forms',
    bodies: FORMS,
    express: [EXPRESS.urlencoded, EXPRESS.urlencodedSimple, EXPRESS.multer, EXPRESS.formidable],
    hono: [HONO.parseBody, HONO.parseBodyAll, HONO.formData, HONO.text],
  }),
  ...playedInto({
    what: 'texts and bytes',
    bodies: OTHERS,
    express: [EXPRESS.text, EXPRESS.raw, EXPRESS.pieces, EXPRESS.echo, EXPRESS.ignoring],
    hono: [HONO.text, HONO.bytes, HONO.pieces, HONO.echo, HONO.ignoring],
  }),
]

import type { Probe } from '../../src/probe.ts'
import { form, MULTIPART, part, type Sent } from '../bodies.ts'
import { playedInto } from './bodies.ts'
import { EXPRESS_READERS as EXPRESS } from './readers-express.ts'
import { HONO_READERS as HONO } from './readers-hono.ts'

const TEXT = 'Content-Type: text/plain'
const OCTETS = 'Content-Type: application/octet-stream'
const FIELD = part('name="a"', 'word')

/** Forms that browsers, scripts and libraries send, odd as they look. */
const FORMS: readonly Sent[] = [
  multipart('one field', form(part('name="a"', 'only one field')), 'only one field'),
  multipart('a file without a type', form(part('name="a"; filename="x.txt"', 'untyped file'))),
  multipart(
    'a field with the type of JSON beside a file',
    form(
      part('name="meta"', '{"k":1}', 'Content-Type: application/json'),
      part('name="f"; filename="f.bin"', 'file beside meta', OCTETS),
    ),
    'file beside meta',
  ),
  multipart('no file selected', form(part('name="a"; filename=""', '', OCTETS), FIELD)),
  multipart('an empty file', form(part('name="a"; filename="empty.txt"', '', TEXT), FIELD)),
  multipart(
    'a field and a file of the same name',
    form(part('name="a"', 'first of two'), part('name="a"; filename="a.txt"', 'second', TEXT)),
    'first of two',
  ),
  multipart(
    'four fields of the same name',
    form(FIELD, FIELD, part('name="a"', ''), part('name="a"', 'fourth of four')),
    'fourth of four',
  ),
  multipart('no field at all', form()),
  multipart(
    'nested names',
    form(
      part('name="a[b]"', 'nested value'),
      part('name="a[b][c]"', '2'),
      part('name="a[]"', '3'),
      part('name="a.b"', '4'),
      part('name="a["', '5'),
      part('name="[x]"', '6'),
    ),
    'nested value',
  ),
  multipart(
    'names of methods',
    form(
      ...['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'then', '__proto__[p]'].map(
        (name) => part(`name="${name}"`, `field ${name}`),
      ),
    ),
    'field hasOwnProperty',
  ),
  multipart(
    'files under names of methods',
    form(
      ...['__proto__', 'constructor', 'hasOwnProperty', 'length'].map((name) =>
        part(`name="${name}"; filename="x.txt"`, `file ${name}`, TEXT),
      ),
    ),
    'file hasOwnProperty',
  ),
  multipart('an empty name', form(part('name=""; filename="x.txt"', 'nameless', TEXT))),
  multipart('a part without a name', form(part('filename="x.txt"', 'no name', TEXT))),
  multipart('UTF-8 in name and value', form(part('name="größe"', 'übergroß 😀')), 'übergroß 😀'),
  multipart(
    'part headers with names of methods',
    form(part('name="a"', 'own headers', 'constructor: x', '__proto__: y', 'toString: z')),
  ),
  multipart(
    'a declared charset and transfer encodings',
    form(
      part('name="_charset_"', 'iso-8859-1'),
      part('name="b"', 'd29yZA==', 'Content-Transfer-Encoding: base64'),
      part('name="q"', 'a=3Db', 'Content-Transfer-Encoding: quoted-printable'),
      part('name="u"', 'word', 'Content-Type: text/plain; charset=utf-16'),
    ),
  ),
  multipart('a line that is nearly a boundary', form(part('name="a"', '--X\n--Y\r\n --X nearly'))),
  {
    name: 'a quoted boundary with a blank',
    type: 'multipart/form-data; charset=utf-8; boundary="a b"',
    body: '--a b\r\nContent-Disposition: form-data; name="a"\r\n\r\nbehind blanks\r\n--a b--\r\n',
    kept: 'behind blanks',
  },
  {
    name: 'a type in capitals',
    type: 'Multipart/Form-Data; BOUNDARY=X',
    body: form(part('name="a"', 'capital letters')),
    kept: 'capital letters',
  },
  {
    name: 'multipart that is no form',
    type: 'multipart/mixed; boundary=X',
    body: '--X\r\nContent-Type: text/plain\r\n\r\nmixed part\r\n--X--\r\n',
  },
]

/** Forms that are broken; what the parser makes of them is the app's business. */
const BROKEN: readonly Sent[] = [
  { name: 'no boundary in the type', type: 'multipart/form-data', body: form(FIELD) },
  { name: 'an empty boundary', type: 'multipart/form-data; boundary=', body: form(FIELD) },
  { name: 'an empty quoted boundary', type: 'multipart/form-data; boundary=""', body: form(FIELD) },
  {
    name: 'a boundary of 300 characters',
    type: `multipart/form-data; boundary=${'x'.repeat(300)}`,
    body: `--${'x'.repeat(300)}\r\nContent-Disposition: form-data; name="a"\r\n\r\nword\r\n`,
  },
  { name: 'another boundary', type: 'multipart/form-data; boundary=Y', body: form(FIELD) },
  {
    name: 'two boundaries',
    type: 'multipart/form-data; boundary=Y; boundary=X',
    body: form(FIELD),
  },
  multipart('no end', FIELD, 'word'),
  multipart('an end in the middle of a head', '--X\r\nContent-Disp'),
  multipart('an end in the middle of a file', part('name="f"; filename="f"', 'unended', TEXT)),
  multipart('an empty body', ''),
  multipart('only the last boundary', '--X--'),
  multipart(
    'a blank before the first header',
    '--X\r\n Content-Disposition: form-data; name="a"\r\n\r\n\r\n--X--',
  ),
  multipart('a header without a colon', form('--X\r\nnot a header\r\n\r\nword\r\n')),
  multipart('a part without a head', form('--X\r\n\r\nheadless\r\n')),
  multipart('a disposition that is none', form('--X\r\nContent-Disposition: \r\n\r\nx\r\n')),
  multipart('an attachment', form('--X\r\nContent-Disposition: attachment; name="a"\r\n\r\nx\r\n')),
  multipart('an unended quote', form(part('name="a', 'word'), part('name="b"; filename="x', 'y'))),
  multipart('lines that end with LF', form(FIELD).replaceAll('\r\n', '\n')),
  multipart('NUL bytes in name and value', form(part('name="a\0b"', 'c\0d'))),
  multipart('a folded header', form(part('name="a";\r\n filename="f.txt"', 'folded', TEXT))),
  multipart('text before and after', `preamble\r\n${form(FIELD)}epilogue\r\n--X\r\n\r\n--X--`),
  multipart(
    'a header line of 100 KB',
    form(part('name="a"', 'word', `X-Long: ${'x'.repeat(100_000)}`)),
  ),
  multipart(
    '3,000 headers in a part',
    form(part('name="a"', 'word', ...Array.from({ length: 3000 }, (_, n) => `H${n}: ${n}`))),
  ),
  multipart('a name of 70 KB', form(part(`name="${'n'.repeat(70_000)}"`, 'word'))),
  { name: 'JSON that says it is a form', type: MULTIPART, body: '{"a":"no form"}' },
  { name: 'a form that says it is JSON', type: 'application/json', body: form(FIELD) },
  {
    name: 'a form that says it is compressed',
    type: MULTIPART,
    body: form(FIELD),
    headers: { 'Content-Encoding': 'gzip' },
  },
]

/** Forms of very many parts. */
const CROWDED: readonly Sent[] = [
  multipart(
    '10,001 fields',
    form(...Array.from({ length: 10_001 }, (_, n) => part(`name="f${n}"`, '1'))),
  ),
  multipart(
    '3,000 empty files',
    form(...Array.from({ length: 3000 }, (_, n) => part(`name="f"; filename="${n}"`, '', TEXT))),
  ),
  multipart('names of 60 levels', form(part(`name="a${'[b]'.repeat(60)}"`, 'deep'))),
  multipart('a value of 1.5 MB', form(part('name="a"', `${'long '.repeat(300_000)}end of it`))),
]

function multipart(name: string, body: string, kept?: string): Sent {
  return { name, type: MULTIPART, body, ...(kept !== undefined && { kept }) }
}

/** Forms with files: what all kinds of parsers make of them. */
export const HOSTILE_MULTIPART: readonly Probe[] = [
  ...playedInto({
    what: 'odd forms',
    bodies: FORMS,
    express: [EXPRESS.multer, EXPRESS.busboy, EXPRESS.formidable],
    hono: [HONO.parseBody, HONO.parseBodyAll, HONO.formData],
  }),
  ...playedInto({
    what: 'broken forms',
    bodies: BROKEN,
    express: [EXPRESS.multer, EXPRESS.busboy, EXPRESS.formidable],
    hono: [HONO.parseBody, HONO.formData, HONO.limited],
  }),
  ...playedInto({
    what: 'crowded forms',
    bodies: CROWDED,
    express: [EXPRESS.multer],
    hono: [HONO.parseBody],
  }),
]

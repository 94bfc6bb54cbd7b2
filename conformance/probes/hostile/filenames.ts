import type { Probe } from '../../src/probe.ts'
import { form, MULTIPART, part, type Sent } from '../bodies.ts'
import { playedInto } from './bodies.ts'
import { EXPRESS_READERS as EXPRESS } from './readers-express.ts'
import { HONO_READERS as HONO } from './readers-hono.ts'

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII='

/** Names that mean something to a file system, a web server, a spreadsheet or a browser. */
const FILENAMES: Readonly<Record<string, string>> = {
  'a path upwards': '../../etc/passwd',
  'a path upwards with backslashes': '..\\..\\x',
  'an absolute path': '/etc/cron.d/x',
  'a path of Windows': 'C:\\x.txt',
  'a NUL byte': 'a.png\0.html',
  'an escaped NUL byte': 'a.png%00.html',
  'character references': '&#0046;&#0046;&#0047;x&#0000;.html',
  'a script': 'shell.php',
  'two extensions': 'x.php.jpg',
  'active content': 'x.svg',
  'a file of the server': '.htaccess',
  'an extension with a dot behind it': 'x.jpg.',
  'a name of 300 bytes': `${'n'.repeat(296)}.txt`,
  'a name of 4,096 bytes': `${'n'.repeat(4092)}.txt`,
  'a device of Windows': 'CON',
  'a device with an extension': 'nul.tar.gz',
  'a stream of a file': 'a::$DATA',
  'a blank at its end': 'a ',
  'a formula': "=cmd|'/c calc'!A1.csv",
  'a tag': '\\"><img src=x onerror=alert(1)>.png',
  'an extension of 200 letters': `x.${'e'.repeat(200)}`,
  'a line break in its extension': 'x.pn\ng',
  'a slash in its extension': 'x.p/ng',
  'an escaped quote': 'a\\"b.txt',
  'only dots': '..',
  'UTF-8': 'naïve 😀.txt',
  'a right-to-left mark': 'exe\u202Egpj.txt',
}

/** Names of fields that would do harm as a folder, a key or the title of a column. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  'a path upwards': '../../x',
  'an absolute path': '/abs',
  'a slash': 'a/b',
  'a backslash': 'a\\b',
  'one dot': '.',
  'two dots': '..',
  'a blank': ' ',
  'three dots': '...',
  '300 bytes': 'l'.repeat(300),
  '100 emoji': '😀'.repeat(100),
  'a formula': '=HYPERLINK(%22http://x%22)',
  'a comma': 'a,b',
  'a line break': 'a%0D%0Ab',
  'a column of a log': 'timestamp',
  'a folder of a store': '.flagging',
}

const NAMED: readonly Sent[] = [
  ...Object.entries(FILENAMES).map(([what, name]) =>
    sent(`a file name with ${what}`, part(`name="f"; filename="${name}"`, `file: ${what}`)),
  ),
  sent(
    'a file name in two spellings',
    part(`name="f"; filename="plain.txt"; filename*=UTF-8''e%CC%81.txt`, 'two spellings'),
  ),
  sent('a file name in a spelling of none', part(`name="f"; filename*=x''%FF%FE`, 'no spelling')),
  sent('a file name without quotes', part('name=f; filename=bare.txt', 'bare')),
  {
    name: 'a picture whose name and type lie',
    type: MULTIPART,
    body: Buffer.concat([
      Buffer.from('--X\r\nContent-Disposition: form-data; name="f"; filename="x.html"\r\n'),
      Buffer.from('Content-Type: text/html\r\n\r\n'),
      Buffer.from(PNG, 'base64'),
      Buffer.from('\r\n--X--\r\n'),
    ]),
  },
  ...Object.entries(FIELD_NAMES).flatMap(([what, name]) => [
    sent(`a field called by ${what}`, part(`name="${name}"`, `field: ${what}`)),
    sent(`a file called by ${what}`, part(`name="${name}"; filename="x.txt"`, `in: ${what}`)),
  ]),
]

function sent(name: string, ...parts: string[]): Sent {
  return { name, type: MULTIPART, body: form(...parts) }
}

/** Names of files and of fields that are meant to be taken for paths, formulas and tags. */
export const HOSTILE_FILENAMES: readonly Probe[] = [
  ...playedInto({
    what: 'names that mean harm',
    bodies: NAMED,
    express: [EXPRESS.multerDisk, EXPRESS.busboy],
    hono: [HONO.parseBodyAll],
  }),
]

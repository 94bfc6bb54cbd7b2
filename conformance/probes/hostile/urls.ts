import type { Express } from 'express'
import type { Hono } from 'hono'
import type { Client } from '../../src/client.ts'
import type { Probe, Stage } from '../../src/probe.ts'
import { failure, seen } from '../bodies.ts'
import { head, notingOnExpress, notingOnHono, sendEach } from './noting.ts'

/** What may stand between a method and a version. */
const TARGETS: Readonly<Record<string, string>> = {
  'a broken escape': '/items/%',
  'a broken escape in two signs': '/items/%zz',
  'half a character': '/items/%C3',
  'a slash that is escaped': '/items/a%2Fb',
  'a NUL byte that is escaped': '/items/a%00b',
  'a line break that is escaped': '/items/a%0D%0Ab',
  'a path upwards': '/items/../../etc/passwd',
  'a path upwards that is escaped': '/items/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  'a path upwards that is escaped twice': '/items/..%252f..%252fetc',
  backslashes: '/items/..\\..\\x',
  'two slashes in front': '//items/1',
  'two slashes and a host': '//other.test/items/1',
  'slashes within': '/items//1///2',
  'a slash at the end': '/items/1/',
  'only a question mark': '/?',
  'no path before the query': '?a=1',
  dots: '/./items/./1',
  'a fragment': '/items/1#fragment?x=1',
  'a semicolon': '/items/1;a=b',
  'a colon': '/items/:id',
  'bytes above ASCII': '/items/caf\xE9\xFF',
  'UTF-8 as it is': `/items/${Buffer.from('größe😀').toString('latin1')}`,
  'a quote and a tag': '/items/"><script>alert(1)</script>',
  'names of methods': '/items/__proto__',
  'a star': '*',
  'no slash': 'items',
  'a whole address': 'http://other.test:81/items/1?a=b',
  'a whole address that is broken': 'http://[::1/items/1',
  'a whole address of a user': 'http://a:b@other.test/items/1',
  'an address of another kind': 'file:///etc/passwd',
  'a path of 12 KB': `/items/${'x'.repeat(12_000)}`,
  'a path of 30 KB': `/items/${'x'.repeat(30_000)}`,
  'a path of 2,000 folders': `/items${'/a'.repeat(2000)}`,
  'prototypes in the query': '/items/1?__proto__[p]=1&constructor[prototype][q]=2&__proto__=3',
  'a formula in the query': "/items/1?x==cmd|'/c'!A1&-=+1",
  'broken escapes in the query': '/items/1?a=%&b=%zz&%ff=%fe&%C3%28',
  'the same name again': '/items/1?a=1&a=2&a[]=3&a[b]=4',
  '15 KB of ampersands': `/items/1?${'&'.repeat(15_000)}`,
  '12 KB of brackets': `/items/1?a${'[0]'.repeat(4000)}=1`,
  '2,000 names': `/items/1?${Array.from({ length: 2000 }, (_, n) => `q${n}`).join('&')}`,
  'question marks': '/items/1???a=?&?',
  'a secret': '/items/1?access_token=s3cret&password=p',
}

/** Most need bytes that a client library refuses to send. */
const RAW = Object.fromEntries(
  Object.entries(TARGETS).map(([name, target]) => [name, head(`GET ${target} HTTP/1.1`)]),
)

function itemsOnExpress(app: Express, stage: Stage): void {
  app.set('env', 'production')
  app.get('/items/:id', (req, res) => {
    stage.saw('item', seen({ params: { ...req.params }, query: req.query, route: req.route.path }))
    res.send('an item')
  })
  app.use(((error, _req, _res, next) => {
    stage.saw('error', failure(error))
    next(error)
  }) as (...args: [unknown, unknown, unknown, (error: unknown) => void]) => void)
}

function itemsOnHono(app: Hono, { saw }: Stage): void {
  app.get('/items/:id', (c) => {
    saw('item', seen({ id: c.req.param('id'), query: c.req.queries(), path: c.req.path }))
    return c.text('an item')
  })
}

/** Those that HTTP/2 carries are sent as they are. */
async function askAll(client: Client): Promise<unknown> {
  if (client.host !== 'hono-h2c') return sendEach(client, RAW)
  const answers: Record<string, unknown> = {}
  for (const [name, path] of Object.entries(TARGETS)) {
    answers[name] = await client.exchange({ method: 'GET', path })
  }
  return answers
}

/** Addresses that parsers trip over. */
export const HOSTILE_URLS: readonly Probe[] = [
  {
    name: 'odd addresses reach a handler that takes any',
    express: notingOnExpress,
    hono: notingOnHono,
    play: askAll,
  },
  {
    name: 'odd addresses match, and miss, a route with a parameter',
    express: itemsOnExpress,
    hono: itemsOnHono,
    play: askAll,
  },
]

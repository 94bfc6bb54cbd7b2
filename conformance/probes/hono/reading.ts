import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import type { Probe } from '../../src/probe.ts'
import { attempt, FORM, PROMPT, QUESTION, reads } from './shapes.ts'

/** All the ways to read a body, each giving what can be compared. */
const READERS: Readonly<Record<string, (c: Context) => Promise<unknown>>> = {
  'c.req.json()': (c) => c.req.json(),
  'c.req.text()': (c) => c.req.text(),
  'c.req.arrayBuffer()': async (c) => latin(await c.req.arrayBuffer()),
  'c.req.bytes()': async (c) => latin(await c.req.bytes()),
  'c.req.blob()': async (c) => describeBlob(await c.req.blob()),
  'c.req.formData()': async (c) => describeForm(await c.req.formData()),
  'c.req.parseBody()': (c) => c.req.parseBody(),
  'c.req.raw.json()': (c) => c.req.raw.json(),
  'c.req.raw.text()': (c) => c.req.raw.text(),
  'c.req.raw.arrayBuffer()': async (c) => latin(await c.req.raw.arrayBuffer()),
  'c.req.raw.blob()': async (c) => describeBlob(await c.req.raw.blob()),
  'c.req.raw.formData()': async (c) => describeForm(await c.req.raw.formData()),
  'c.req.raw.clone()': (c) => c.req.raw.clone().text(),
  'c.req.raw.body': async (c) => textOf(c.req.raw.body),
}

/** Clients that send a body where none is expected have to say so. */
const WITH_LENGTH = { ...QUESTION.headers, 'Content-Length': String(QUESTION.body!.length) }
const LARGE = Buffer.alloc(2_000_000, 'the heron waits and waits; ')

/** How handlers read the body through Hono's own request. */
export const READING_ON_HONO: readonly Probe[] = [
  ...Object.keys(READERS).map(readsFirst),
  reads(
    'c.req.formData() gives each part of a form with its type',
    async (c) => describeForm(await c.req.formData()),
    { asked: FORM, kept: [PROMPT, 'seen at dusk'] },
  ),
  reads(
    'c.req.parseBody({ all: true }) gives every file and every value',
    async (c) => {
      const fields = await c.req.parseBody({ all: true })
      return Promise.all(
        Object.entries(fields).map(async ([name, value]) => [
          name,
          await Promise.all([value].flat().map((one) => describeValue(one))),
        ]),
      )
    },
    { asked: FORM, kept: [PROMPT, 'seen at dusk', 'grey'] },
  ),
  reads(
    'c.req.raw.formData() gives the bytes of a file',
    async (c) => describeForm(await c.req.raw.formData()),
    { asked: FORM, kept: [PROMPT] },
  ),
  reads('a form of fields is parsed with its nested names', (c) => c.req.parseBody({ dot: true }), {
    asked: {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'bird.name=grey+heron&bird.legs=1&prompt=sleep%20where',
    },
    kept: ['grey heron', 'sleep where'],
  }),
  reads(
    'a body that is no JSON makes c.req.json() fail as ever',
    (c) => attempt(() => c.req.json()),
    {
      asked: { body: '{"prompt": where' },
    },
  ),
  {
    name: 'a body that is no JSON and a handler that expects it answer as ever',
    hono: (app) => void app.post('/', async (c) => c.json(await c.req.json<object>())),
    play: (client) => client.exchange({ ...QUESTION, body: '{"prompt": where' }),
  },
  reads(
    'no body at all is an empty text, and no JSON',
    async (c) => [
      await attempt(() => c.req.text()),
      await attempt(() => c.req.json()),
      c.req.raw.body === null,
      c.req.raw.bodyUsed,
    ],
    { asked: { headers: {}, body: '' } },
  ),
  reads(
    'a body of two megabytes arrives whole',
    async (c) => {
      const body = await c.req.arrayBuffer()
      return [body.byteLength, digest(new Uint8Array(body))]
    },
    { asked: { headers: { 'Content-Type': 'text/plain' }, body: LARGE } },
  ),
  reads('a body that is stored whole is kept whole', (c) => c.req.text(), {
    asked: { headers: { 'Content-Type': 'text/plain' }, body: 'the heron stands; '.repeat(4000) },
    kept: ['the heron stands; '.repeat(4000)],
  }),
  reads('DELETE may have a body', (c) => c.req.json(), {
    asked: { method: 'DELETE', headers: WITH_LENGTH },
    kept: [PROMPT],
  }),
  reads(
    'GET has no body for the handler, even where one was sent',
    async (c) => [await attempt(() => c.req.text()), c.req.raw.body === null],
    { asked: { method: 'GET', headers: WITH_LENGTH } },
  ),
  reads(
    'PATCH with text in another character set is read as bytes',
    async (c) => latin(await c.req.arrayBuffer()),
    {
      asked: {
        method: 'PATCH',
        headers: { 'Content-Type': 'text/plain; charset=iso-8859-1' },
        body: Buffer.from('h\u00e9ron', 'latin1'),
      },
    },
  ),
  reads(
    'the byte order mark of a body is dropped or kept as ever',
    async (c) => [await c.req.text(), latin(await c.req.arrayBuffer())],
    { asked: { headers: {}, body: '\ufeffheron' } },
  ),
  {
    name: 'a compressed request is undone by the handler alone',
    hono(app) {
      app.post('/', async (c) => {
        const plain = c.req.raw.body!.pipeThrough(new DecompressionStream('gzip'))
        return c.text(await new Response(plain).text())
      })
    },
    play: async (client) => {
      const { gzipSync } = await import('node:zlib')
      const headers = { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }
      return client.exchange({ path: '/', headers, body: gzipSync(PROMPT) })
    },
    kept: [PROMPT],
  },
  {
    name: 'a request that comes in pieces is read as a whole',
    hono: (app) => void app.post('/', async (c) => c.json({ read: await c.req.text() })),
    async play(client) {
      const conversation = client.open({ path: '/', headers: { 'Content-Type': 'text/plain' } })
      for (const piece of ['where does ', 'the heron ', 'sl']) await conversation.write(piece)
      conversation.end('eep')
      return conversation.rest()
    },
    kept: [PROMPT],
  },
  {
    name: 'a request that waits for 100 Continue gets it, and is read',
    hono: (app) => void app.post('/', async (c) => c.json(await c.req.json<object>())),
    async play(client) {
      const headers = { 'Content-Type': 'application/json', Expect: '100-continue' }
      const conversation = client.open({ path: '/', headers })
      await conversation.continued()
      conversation.end(QUESTION.body)
      return conversation.rest()
    },
    kept: [PROMPT],
  },
]

/** After one reader, every reader: the same one again among them. */
function readsFirst(first: string): Probe {
  return {
    name: `after ${first} every other way to read gives what it gave`,
    hono(app) {
      app.post('/:second', async (c) => {
        const second = READERS[decodeURIComponent(c.req.param('second'))]!
        const used = c.req.raw.bodyUsed
        const found = [
          used,
          await attempt(() => READERS[first]!(c)),
          c.req.raw.bodyUsed,
          await attempt(() => second(c)),
          c.req.raw.bodyUsed,
        ]
        // A form that is made again has a new boundary each time.
        return c.text(JSON.stringify(found).replaceAll(/formdata-undici-\d+/g, 'edge'))
      })
    },
    async play(client) {
      const forms = /formData|parseBody/i
      const answers = Object.keys(READERS).map(async (second) => {
        const asked =
          forms.test(first) || forms.test(second)
            ? {
                headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
                body: `p=${PROMPT}`,
              }
            : {}
        const path = `/${encodeURIComponent(second)}`
        const { body } = await client.exchange({ ...QUESTION, ...asked, path })
        return [second, body]
      })
      return Object.fromEntries(await Promise.all(answers)) as object
    },
    kept: [PROMPT],
  }
}

/** Bytes as something that can be read in a report. */
function latin(bytes: ArrayBuffer | Uint8Array): string {
  return Buffer.from(bytes as Uint8Array).toString('latin1')
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function describeBlob(blob: Blob): Promise<unknown> {
  return [blob.type, blob.size, await blob.text()]
}

async function describeForm(form: FormData): Promise<unknown> {
  return Promise.all([...form].map(async ([name, value]) => [name, await describeValue(value)]))
}

async function describeValue(value: string | File): Promise<unknown> {
  if (typeof value === 'string') return value
  return [value.name, value.type, value.size, latin(await value.arrayBuffer())]
}

async function textOf(body: ReadableStream<Uint8Array> | null): Promise<string | null> {
  if (!body) return null
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

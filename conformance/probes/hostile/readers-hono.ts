import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import type { Stage } from '../../src/probe.ts'
import { failure, measured, seen } from '../bodies.ts'

/** How an app on Hono takes the bodies that it is sent. */
export interface HonoReader {
  readonly kind: 'hono'
  /** Completes "... into". */
  readonly name: string
  /** Whether it leaves bodies on the wire. */
  readonly ignores?: boolean
  mount(app: Hono, stage: Stage): void
}

function readBy(name: string, read: (c: Context) => Promise<unknown>): HonoReader {
  return {
    kind: 'hono',
    name,
    mount(app, stage) {
      app.all('*', async (c) => {
        stage.saw(itemOf(c), await read(c))
        return c.text('read')
      })
      noteErrors(app, stage)
    },
  }
}

/** What the app calls the exchange in its notes. */
function itemOf(c: Context): string {
  return String(c.req.header('x-item'))
}

/** Answers errors as Hono does; notes them. */
export function noteErrors(app: Hono, { saw }: Stage): void {
  app.onError((error, c) => {
    saw(itemOf(c), failure(error))
    return error instanceof HTTPException
      ? error.getResponse()
      : c.text('Internal Server Error', 500)
  })
}

async function entriesOf(form: FormData): Promise<unknown> {
  return Promise.all([...form].map(async ([field, value]) => [field, await describeEntry(value)]))
}

async function describeEntry(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((one) => describeEntry(one)))
  if (!(value instanceof File)) {
    return typeof value === 'object' && value !== null ? parsed(value) : seen(value)
  }
  const content = measured(new Uint8Array(await value.arrayBuffer()))
  return { name: value.name, type: value.type, content }
}

async function parsed(form: object): Promise<unknown> {
  const entries = Object.entries(form).map(async ([key, value]) => [
    key,
    await describeEntry(value),
  ])
  return { prototype: seen(Object.getPrototypeOf(form)), entries: await Promise.all(entries) }
}

async function inPieces(c: Context): Promise<unknown> {
  const { body } = c.req.raw
  if (!body) return 'no body'
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of body) {
    hash.update(chunk)
    length += chunk.length
  }
  return { length, sha256: hash.digest('hex') }
}

/** Sends back what it gets, while it gets it. */
const echo: HonoReader = {
  kind: 'hono',
  name: 'a Hono app that sends back the stream it gets',
  mount(app) {
    const headers = { 'Content-Type': 'application/octet-stream' }
    app.all('*', (c) => new Response(c.req.raw.body, { headers }))
  },
}

/** Answers at once; the body stays on the wire. */
const ignoring: HonoReader = {
  kind: 'hono',
  name: 'a Hono app that reads nothing',
  ignores: true,
  mount(app, { saw }) {
    app.all('*', (c) => {
      saw(itemOf(c))
      return c.json({ read: 'nothing' }, 401)
    })
  },
}

/** Refuses what is larger than its parser shall see. */
const limited: HonoReader = {
  kind: 'hono',
  name: 'Hono behind its bodyLimit',
  mount(app, stage) {
    app.use(bodyLimit({ maxSize: 1000 }))
    app.all('*', async (c) => {
      stage.saw(itemOf(c), seen(await c.req.text()))
      return c.text('read')
    })
    noteErrors(app, stage)
  },
}

/** The readers of apps on Hono, by what the probes call them. */
export const HONO_READERS = {
  json: readBy('c.req.json', async (c) => seen(await c.req.json())),
  text: readBy('c.req.text', async (c) => seen(await c.req.text())),
  bytes: readBy('c.req.arrayBuffer', async (c) =>
    measured(new Uint8Array(await c.req.arrayBuffer())),
  ),
  parseBody: readBy('c.req.parseBody', async (c) => parsed(await c.req.parseBody())),
  parseBodyAll: readBy('c.req.parseBody with lists and dots', async (c) =>
    parsed(await c.req.parseBody({ all: true, dot: true })),
  ),
  formData: readBy('c.req.formData', async (c) => entriesOf(await c.req.formData())),
  pieces: readBy('for await on Hono', inPieces),
  late: readBy('a Hono app that reads late', async (c) => {
    for (let turn = 0; turn < 5; turn++) await nextTurn()
    return seen(await c.req.text())
  }),
  twice: readBy('a Hono app that reads as text and then as JSON', async (c) => {
    const text = await c.req.text()
    return { text: seen(text), json: seen(await c.req.json().catch(failure)) }
  }),
  echo,
  ignoring,
  limited,
} satisfies Record<string, HonoReader>

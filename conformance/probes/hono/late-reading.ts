import { setImmediate as turn } from 'node:timers/promises'
import type { Probe } from '../../src/probe.ts'
import { attempt, nodeOf, PROMPT, QUESTION } from './shapes.ts'

/** When handlers read the request: late, piece by piece, half of it, not at all. */
export const LATE_READING_ON_HONO: readonly Probe[] = [
  {
    name: 'a handler that reads only when the whole body has long arrived finds all of it',
    hono(app, { saw, signal }) {
      app.post('/:way', async (c) => {
        saw(`waits in ${c.req.param('way')}`)
        await signal(c.req.param('way'))
        const { incoming } = nodeOf(c)
        // HTTP/2 cannot tell.
        while ('complete' in incoming && incoming.httpVersion === '1.1' && !incoming.complete) {
          await turn()
        }
        for (let turns = 0; turns < 10; turns++) await turn()
        const { raw } = c.req
        return c.text(
          await (c.req.param('way') === 'json' ? c.req.text() : new Response(raw.body).text()),
        )
      })
    },
    async play(client) {
      const found: unknown[] = []
      for (const way of ['json', 'stream']) {
        const conversation = client.open({ ...QUESTION, path: `/${way}` })
        conversation.end(QUESTION.body)
        await client.saw(`waits in ${way}`)
        client.signal(way)
        found.push(await conversation.rest())
      }
      return found
    },
    kept: [PROMPT],
  },
  {
    name: 'each piece of a request reaches the handler before the next one is sent',
    hono(app, { saw }) {
      app.post('/', async (c) => {
        let all = ''
        for await (const chunk of c.req.raw.body!) {
          all += Buffer.from(chunk).toString()
          saw(all)
        }
        return c.text(all)
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/', headers: { 'Content-Type': 'text/plain' } })
      let sent = ''
      for (const piece of ['where ', 'does ', 'the heron sleep']) {
        await conversation.write(piece)
        await client.saw((sent += piece))
      }
      conversation.end()
      return conversation.rest()
    },
    kept: [PROMPT],
  },
  {
    name: 'an answer may begin before the request has ended',
    hono(app) {
      app.post('/', (c) => {
        const body = c.req.raw.body!.pipeThrough(
          new TransformStream<Uint8Array, Uint8Array>({
            transform(chunk, controller) {
              controller.enqueue(Buffer.from(`heard ${Buffer.from(chunk).toString()};`))
            },
          }),
        )
        return c.body(body, 200, { 'Content-Type': 'text/plain' })
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/', headers: { 'Content-Type': 'text/plain' } })
      const heard: string[] = []
      for (const piece of ['one', 'two']) {
        await conversation.write(piece)
        heard.push((await conversation.read(`heard ${piece};`.length)).toString())
      }
      conversation.end()
      return { heard, rest: await conversation.rest() }
    },
    kept: ['heard one;', 'heard two;'],
  },
  {
    name: 'a reader that cancels half-way ends the request as ever',
    hono(app, { saw, signal }) {
      app.post('/', async (c) => {
        const reader = c.req.raw.body!.getReader()
        const { value } = await reader.read()
        saw('first piece', Buffer.from(value!).toString())
        saw('cancelled', await attempt(() => reader.cancel('enough')))
        saw('then', await attempt(() => reader.read()))
        await signal('ended')
        return c.text('enough')
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/', headers: { 'Content-Type': 'text/plain' } })
      await conversation.write('one')
      await client.saw('then')
      conversation.end('two')
      client.signal('ended')
      return conversation.rest()
    },
  },
  {
    name: 'connections go on after a request that nobody has read',
    hosts: ['hono'],
    hono(app) {
      app.post('/unread', (c) => c.text('not read'))
      app.post('/late', async (c) => {
        await turn()
        return c.text('not read either')
      })
      app.post('/', async (c) => c.text(await c.req.text()))
    },
    play(client) {
      const post = (path: string, body: string, more = '') =>
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`
      return client.raw(
        post('/unread', 'small'),
        post('/late', 'x'.repeat(300_000)),
        post('/unread', 'y'.repeat(300_000)),
        post('/', PROMPT, 'Connection: close\r\n'),
      )
    },
    kept: [PROMPT],
  },
]

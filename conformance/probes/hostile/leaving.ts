import type { HostName } from '../../src/hosts.ts'
import type { Probe } from '../../src/probe.ts'
import { form, MULTIPART, part, type Sent } from '../bodies.ts'
import { asked } from './bodies.ts'
import { type ExpressReader, EXPRESS_READERS as EXPRESS } from './readers-express.ts'
import { type HonoReader, HONO_READERS as HONO } from './readers-hono.ts'

const HTTP1: readonly HostName[] = ['express4', 'express5', 'hono']
const SHARES = [10, 50, 99]

const UPLOAD: Sent = {
  name: 'an upload',
  type: MULTIPART,
  body: form(
    part('name="before"', 'a field'),
    part(
      'name="f"; filename="f.txt"',
      'line of a file\n'.repeat(20_000),
      'Content-Type: text/plain',
    ),
    part('name="after"', 'a field'),
  ),
}
const TEXT: Sent = {
  name: 'a text',
  type: 'application/json',
  body: JSON.stringify('word '.repeat(10_000)),
}

/** Clients that leave while they send, at a share of the body that the app has begun with. */
function leaving(sent: Sent, reader: ExpressReader | HonoReader): Probe {
  const probe: Omit<Probe, 'express' | 'hono'> = {
    name: `clients that leave within ${sent.name} into ${reader.name}`,
    async play(client) {
      for (const share of SHARES) {
        const name = `left at ${share} %`
        const { headers, path } = asked({ ...sent, name })
        const length = String(sent.body.length)
        const conversation = client.open({
          path,
          headers: { ...headers, 'Content-Length': length },
        })
        await conversation.write(sent.body.slice(0, Math.floor((sent.body.length * share) / 100)))
        await client.saw(`${name} has begun`)
        conversation.leave()
        await client.saw(name)
      }
      return client.exchange(asked({ ...sent, name: 'stays' }))
    },
  }
  return reader.kind === 'express'
    ? {
        ...probe,
        express(app, stage) {
          app.use((req, _res, next) => {
            stage.saw(`${String(req.headers['x-item'])} has begun`)
            next()
          })
          reader.mount(app, stage)
        },
      }
    : {
        ...probe,
        hono(app, stage) {
          app.use(async (c, next) => {
            stage.saw(`${String(c.req.header('x-item'))} has begun`)
            await next()
          })
          reader.mount(app, stage)
        },
      }
}

/** Clients that leave while they send. */
export const LEAVING: readonly Probe[] = [
  ...[EXPRESS.multer, EXPRESS.busboy].map((reader) => leaving(UPLOAD, reader)),
  leaving(UPLOAD, HONO.parseBody),
  ...[EXPRESS.json, EXPRESS.text, EXPRESS.late].map((reader) => leaving(TEXT, reader)),
  ...[HONO.json, HONO.text].map((reader) => leaving(TEXT, reader)),
  { ...leaving(TEXT, HONO.late), hosts: HTTP1 },
]

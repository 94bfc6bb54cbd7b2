import { once } from 'node:events'
import { finished } from 'node:stream'
import type { Request, Response } from 'express'
import type { Client } from '../../src/client.ts'
import type { Conversation } from '../../src/conversation.ts'
import type { Probe, Stage } from '../../src/probe.ts'
import { codeOf, eventsOf, thrownBy } from '../watching.ts'

type Handler = (req: Request, res: Response, stage: Stage) => unknown

/** What the client does while the handler is at work. */
type Part = (conversation: Conversation, client: Client) => Promise<unknown>

interface Leaving {
  readonly handler: Handler
  readonly part: Part
  readonly kept?: readonly string[]
}

const sendHalf: Part = async (conversation, client) => {
  await conversation.write('half of it')
  await client.saw('ready')
  conversation.leave()
}
const sendAll: Part = async (conversation, client) => {
  conversation.end('all of it')
  await client.saw('ready')
  conversation.leave()
}
const readSome: Part = async (conversation) => {
  conversation.end('all of it')
  const some = await conversation.read(10)
  conversation.leave()
  return some.toString()
}
const readAll: Part = async (conversation) => {
  conversation.end('all of it')
  const { ending } = await conversation.rest()
  return ending
}

const LEAVINGS: Readonly<Record<string, Leaving>> = {
  'the client leaves in the middle of a body that nobody reads': {
    handler: (_req, _res, { saw }) => saw('ready'),
    part: sendHalf,
  },
  'the client leaves in the middle of a body that is listened to': {
    handler(req, _res, { saw }) {
      req.on('error', (error) => saw('error', codeOf(error)))
      req.on('data', (chunk: Buffer) => {
        saw('data', chunk.toString())
        saw('ready')
      })
    },
    part: sendHalf,
  },
  'the client leaves in the middle of a body that is looped over': {
    async handler(req, res, { saw }) {
      try {
        for await (const chunk of req) {
          saw('data', String(chunk))
          saw('ready')
        }
      } catch (error) {
        saw('thrown', codeOf(error))
        res.status(500).end('too late')
      }
    },
    part: sendHalf,
  },
  'the client leaves in the middle of a body, and the handler answers all the same': {
    async handler(req, res, { saw }) {
      saw('ready')
      await once(req, 'aborted')
      saw('answered', [res.write('late'), res.headersSent, res.json === undefined])
      res.end('too late', () => saw('ended'))
    },
    part: sendHalf,
  },
  'the client leaves before the answer begins': {
    async handler(req, res, { saw }) {
      req.resume()
      await once(req, 'end')
      saw('ready')
    },
    part: sendAll,
  },
  'the client leaves before the answer begins, which the handler makes later': {
    async handler(req, res, { saw }) {
      req.resume()
      await once(req, 'end')
      saw('ready')
      await once(res, 'close')
      saw(
        'json',
        thrownBy(() => res.json({ too: 'late' })),
      )
    },
    part: sendAll,
  },
  'the client leaves in the middle of the answer': {
    handler(_req, res) {
      res.write('some words')
    },
    part: readSome,
    kept: ['some words'],
  },
  'the client leaves in the middle of the answer, and the handler writes on': {
    async handler(_req, res, { saw }) {
      res.on('error', (error) => saw('error', codeOf(error)))
      res.write('some words')
      await once(res, 'close')
      saw(
        'write',
        res.write('more', (error) => saw('written', codeOf(error))),
      )
      saw('end', res.end('last', () => saw('ended')) === res)
    },
    part: readSome,
    kept: ['some words'],
  },
  'stream.finished tells of a client that leaves': {
    handler(_req, res, { saw }) {
      finished(res, (error) => saw('finished', codeOf(error)))
      res.write('some words')
    },
    part: readSome,
  },
  'stream.finished tells of an answer that is out': {
    handler(_req, res, { saw }) {
      finished(res, (error) => saw('finished', codeOf(error)))
      res.end('some words')
    },
    part: readAll,
  },
  'the handler destroys the answer before its head': {
    handler: (_req, res) => res.destroy(),
    part: readAll,
  },
  'the handler destroys the answer in its middle, with an error': {
    async handler(_req, res, { saw, signal }) {
      res.on('error', (error) => saw('error', codeOf(error)))
      res.write('some words')
      await signal('read')
      saw('destroyed', res.destroy(new Error('enough')) === res)
    },
    part: readThenCutOff,
  },
  'the handler destroys the request in the middle of the answer': {
    async handler(req, res, { signal }) {
      res.write('some words')
      await signal('read')
      req.destroy()
    },
    part: readThenCutOff,
  },
  'the handler destroys the socket in the middle of the answer': {
    async handler(_req, res, { signal }) {
      res.write('some words')
      await signal('read')
      res.socket?.destroy()
    },
    part: readThenCutOff,
    kept: ['some words'],
  },
  'the handler ends the socket in the middle of the answer': {
    async handler(_req, res, { signal }) {
      res.write('some words')
      await signal('read')
      res.socket?.end()
    },
    part: readThenCutOff,
  },
  'the handler destroys the answer right after its end': {
    handler(_req, res) {
      res.end('some words')
      res.destroy()
    },
    part: async (conversation) => {
      conversation.end('all of it')
      return (await conversation.rest()).ending
    },
  },
  'an answer that is out before the request is whole': {
    handler(_req, res, { saw }) {
      res.end('enough of it')
      saw('ready')
    },
    part: async (conversation) => {
      await conversation.write('half of it')
      const { status } = await conversation.head()
      const { body } = await conversation.rest()
      return { status, body }
    },
    kept: ['enough of it'],
  },
}

/** Who is told what when an exchange does not come to its end. */
export const LEAVING_ON_EXPRESS: readonly Probe[] = Object.entries(LEAVINGS).map(
  ([name, { handler, part, kept }]) => ({
    name,
    express(app, stage) {
      app.post('/', (req, res) => {
        tellEnd(req, res, stage.saw)
        return void handler(req, res, stage)
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      const result = await part(conversation, client)
      await client.saw('over')
      return result
    },
    ...(kept && { kept }),
  }),
)

/** Events of the two sides are noted apart: which of them is told first is the network's choice. */
function tellEnd(req: Request, res: Response, saw: Stage['saw']): void {
  const asked = eventsOf(req, 'aborted', 'end', 'close')
  const answered = eventsOf(res, 'prefinish', 'finish', 'close')
  res.on('close', () => {
    setImmediate(() => {
      setImmediate(() => {
        const { aborted, complete, destroyed, readableAborted } = req
        const { headersSent, writableEnded, writableFinished, closed } = res
        const request = { asked, aborted, complete, destroyed, readableAborted }
        const answer = { answered, headersSent, writableEnded, writableFinished, closed }
        const ends = { gone: res.destroyed, errored: codeOf(res.errored) }
        saw('over', { ...request, ...answer, ...ends })
      })
    })
  })
}

async function readThenCutOff(conversation: Conversation, client: Client): Promise<unknown> {
  conversation.end('all of it')
  const some = (await conversation.read(10)).toString()
  client.signal('read')
  const { ending } = await conversation.rest()
  return { some, ending }
}

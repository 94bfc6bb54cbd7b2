import { once } from 'node:events'
import type { ErrorRequestHandler, Express, Request, Response } from 'express'
import type { HostName } from '../../src/hosts.ts'
import type { Probe, Stage } from '../../src/probe.ts'
import { codeOf, eventsOf } from '../watching.ts'

interface Failing {
  readonly handler: (req: Request, res: Response, next: (error?: unknown) => void) => unknown
  /** Express 4 leaves what a handler rejects with to the process. */
  readonly hosts?: readonly HostName[]
}

class Refusal extends Error {
  readonly status = 422
  readonly headers = { 'X-Reason': 'none' }
}

const FAILINGS: Readonly<Record<string, Failing>> = {
  'throws before it answers': {
    handler() {
      throw new Error('nothing works')
    },
  },
  'throws an error with a status and headers': {
    handler() {
      throw new Refusal('not this')
    },
  },
  'passes on what is no error': { handler: (_req, _res, next) => next('a text') },
  'passes an error on': { handler: (_req, _res, next) => next(new Refusal('not this')) },
  'throws after it has set headers': {
    handler(_req, res) {
      res.status(201).set('X-A', '1').type('txt')
      throw new Error('nothing works')
    },
  },
  'throws after its first byte': {
    handler(_req, res) {
      res.write('some words')
      throw new Error('nothing works')
    },
  },
  'passes an error on after its first byte': {
    handler(_req, res, next) {
      res.write('some words')
      setImmediate(() => next(new Error('nothing works')))
    },
  },
  'throws after its last byte': {
    handler(_req, res) {
      res.json({ plain: 'words' })
      throw new Error('nothing works')
    },
  },
  'answers twice': {
    handler(_req, res) {
      res.json({ plain: 'words' })
      res.json({ plain: 'words again' })
    },
  },
  'passes on after its answer': {
    handler(_req, res, next) {
      res.json({ plain: 'words' })
      next()
    },
  },
  'sends what cannot be JSON': {
    handler(_req, res) {
      const own: Record<string, unknown> = {}
      own['own'] = own
      res.json(own)
    },
  },
  'rejects before it answers': {
    handler: async () => {
      throw new Refusal('not this')
    },
    hosts: ['express5'],
  },
  'rejects after its first byte': {
    async handler(_req, res) {
      res.write('some words')
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('nothing works')
    },
    hosts: ['express5'],
  },
  'rejects where nobody waits for it': {
    async handler(_req, res) {
      res.write('some words')
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('nobody hears')
    },
    hosts: ['express4'],
  },
  'throws in a later turn': {
    handler(_req, res) {
      res.write('some words')
      setImmediate(() => {
        setImmediate(() => res.end('more'))
        throw new Error('nobody hears')
      })
    },
  },
  'throws in a listener of the request': {
    handler(req, res) {
      req.on('end', () => {
        setImmediate(() => res.end('all the same'))
        throw new Error('nobody hears')
      })
      req.resume()
    },
  },
  'throws when its answer has finished': {
    handler(_req, res) {
      res.on('finish', () => {
        throw new Error('nobody hears')
      })
      res.end('some words')
    },
  },
  'throws in the callback of a write': {
    handler(_req, res) {
      res.write('some words', () => {
        setImmediate(() => res.end('more'))
        throw new Error('nobody hears')
      })
    },
  },
}

/** What becomes of errors of handlers. */
export const FAILING_ON_EXPRESS: readonly Probe[] = [
  ...Object.entries(FAILINGS).flatMap(([what, failing]) => [
    failingProbe(`a handler that ${what}, and no error handler`, failing, false),
    failingProbe(`a handler that ${what}, and an error handler`, failing, true),
  ]),
  {
    name: 'a handler that never answers, until the client leaves',
    express(app, { saw }) {
      app.post('/', async (req, res) => {
        const events = eventsOf(res, 'finish', 'close')
        saw('asked')
        await once(res, 'close')
        saw('left', [events, req.destroyed, res.headersSent])
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      await client.saw('asked')
      conversation.leave()
      await client.saw('left')
    },
  },
]

function failingProbe(name: string, { handler, hosts }: Failing, isHandled: boolean): Probe {
  return {
    name,
    ...(hosts && { hosts }),
    express(app, { saw }) {
      // Any other environment shows a stack, which middlewares are part of.
      app.set('env', 'production')
      app.use((_req, res, next) => {
        res.on('close', () => setImmediate(() => saw('closed', res.writableFinished)))
        next()
      })
      app.post('/', (req, res, next) => handler(req, res, next) as void)
      if (isHandled) handleErrors(app, saw)
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end('some words of the client')
      // A rejection that nobody hears leaves the answer open.
      if (hosts?.[0] === 'express4') {
        await conversation.read('some words'.length)
        conversation.leave()
      }
      const answer = await conversation.rest()
      await client.saw('closed')
      return answer
    },
  }
}

function handleErrors(app: Express, saw: Stage['saw']): void {
  app.use(((error: unknown, _req, res, next) => {
    saw('handled', [codeOf(error), res.headersSent, res.statusCode])
    if (res.headersSent) next(error)
    else res.status(500).json({ failed: codeOf(error) })
  }) satisfies ErrorRequestHandler)
}

import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Probe } from '../../src/probe.ts'
import { describe, PROMPT, QUESTION, REPLY } from './shapes.ts'

/** What a handler may throw, and how. */
const FAILURES: Readonly<Record<string, (c: Context) => never>> = {
  'an error': () => {
    throw new Error('no heron')
  },
  'an error with a status': () => {
    throw Object.assign(new Error('no heron'), { status: 418 })
  },
  'an HTTPException': () => {
    throw new HTTPException(409, { message: 'two herons' })
  },
  'an HTTPException with a response of its own': () => {
    const res = new Response('own words', { status: 402, headers: { 'X-Bird': 'heron' } })
    throw new HTTPException(402, { res })
  },
  'an error after headers were set': (c) => {
    c.header('X-Bird', 'heron')
    c.status(201)
    throw new Error('no heron')
  },
  'a text': () => {
    // oxlint-disable-next-line typescript/only-throw-error -- hosts do
    throw 'no heron'
  },
  'nothing at all': () => {
    // oxlint-disable-next-line typescript/only-throw-error -- hosts do
    throw undefined
  },
}

/** What becomes of failures of the app. */
export const ERRORS_ON_HONO: readonly Probe[] = [
  ...Object.keys(FAILURES).flatMap((what) => [
    failing(what, 'at once'),
    failing(what, 'after it has read'),
    failing(what, 'where the app handles errors'),
  ]),
  {
    name: 'an error reaches the middleware before it as c.error, and as no rejection',
    hono(app, { saw }) {
      app.use(async (c, next) => {
        try {
          await next()
          saw('went on', [describe(c.error), c.finalized, c.res.status])
        } catch (error) {
          saw('caught', describe(error))
        }
      })
      app.post('/', () => {
        throw new Error('no heron')
      })
    },
    play: (client) => client.exchange(QUESTION),
  },
  {
    name: 'an error thrown after next() replaces the answer',
    hono(app) {
      app.use(async (_c, next) => {
        await next()
        throw new Error('second thoughts')
      })
      app.onError((error, c) => c.text(`handled ${error.message}`, 503))
      app.post('/', (c) => c.text(REPLY))
    },
    play: (client) => client.exchange(QUESTION),
  },
  {
    name: 'an error handler that fails itself is answered as ever',
    hono(app) {
      // Another one before it: a single handler takes a shorter way through Hono.
      app.use(async (_c, next) => next())
      app.onError(() => {
        throw new Error('the handler fails too')
      })
      app.post('/', () => {
        throw new Error('no heron')
      })
    },
    play: (client) => client.exchange(QUESTION),
  },
  {
    name: 'an error handler that reads the request finds it',
    hono(app) {
      app.onError(async (error, c) => c.json([error.message, await c.req.text()], 422))
      app.post('/', () => {
        throw new Error('no heron')
      })
    },
    play: (client) => client.exchange(QUESTION),
  },
  {
    name: 'an error handler of a part of the app is asked first',
    hono(app, { saw }) {
      const part = app.basePath('/part')
      app.onError((error, c) => {
        saw('handled', error.message)
        return c.text('handled', 500)
      })
      part.post('/', () => {
        throw new Error('of the part')
      })
    },
    play: async (client) => [
      await client.exchange({ ...QUESTION, path: '/part' }),
      await client.exchange({ ...QUESTION, path: '/part/none' }),
    ],
  },
  {
    name: 'a handler that answers nothing fails as ever',
    hono(app) {
      // Another one before it: a single handler takes a shorter way through Hono.
      app.use(async (_c, next) => next())
      app.post('/', (() => {}) as never)
    },
    play: (client) => client.exchange(QUESTION),
  },
  {
    name: 'a handler that calls next() twice fails as ever',
    hono(app) {
      app.use(async (_c, next) => {
        await next()
        await next()
      })
      app.post('/', (c) => c.text(REPLY))
    },
    play: (client) => client.exchange(QUESTION),
  },
  {
    name: 'a rejection that the app leaves behind stays the app\u2019s alone',
    hono(app, { saw }) {
      app.post('/', async (c) => {
        void Promise.reject(new Error('left behind'))
        saw('read', await c.req.text())
        return c.text(REPLY)
      })
    },
    play: (client) => client.exchange(QUESTION),
    kept: [PROMPT, REPLY],
  },
]

function failing(what: string, how: string): Probe {
  return {
    name: `a handler that throws ${what} ${how} is answered as ever`,
    hono(app) {
      if (how.startsWith('where')) {
        app.onError((error, c) => c.json({ handled: error.message, path: c.req.path }, 500))
      }
      app.post('/', async (c) => {
        if (how.startsWith('after')) await c.req.text()
        return FAILURES[what]!(c)
      })
    },
    play: (client) => client.exchange(QUESTION),
  }
}

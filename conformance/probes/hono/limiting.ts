import { basicAuth } from 'hono/basic-auth'
import { bodyLimit } from 'hono/body-limit'
import { except, some } from 'hono/combine'
import { csrf } from 'hono/csrf'
import { methodOverride } from 'hono/method-override'
import { poweredBy } from 'hono/powered-by'
import { timeout } from 'hono/timeout'
import { trimTrailingSlash } from 'hono/trailing-slash'
import { validator } from 'hono/validator'
import type { Answer } from '../../src/conversation.ts'
import type { Probe } from '../../src/probe.ts'
import { aroundAndWithin, mountAround, where } from './around.ts'
import { FORM, PROMPT, QUESTION, REPLY } from './shapes.ts'

const FIELDS = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** How the middleware of Hono that refuses, checks or redirects requests works around it. */
export const LIMITING_ON_HONO: readonly Probe[] = [
  ...aroundAndWithin(
    'hono/csrf refuses forms of strangers',
    () => csrf({ origin: 'http://a.example' }),
    [
      { path: '/', headers: { ...FIELDS, Origin: 'http://b.example' }, body: 'a=1' },
      { path: '/', headers: { ...FIELDS, Origin: 'http://a.example' }, body: 'a=1' },
    ],
  ),
  ...aroundAndWithin(
    'hono/basic-auth lets nobody in',
    () => basicAuth({ username: 'heron', password: 'reeds' }),
    [
      QUESTION,
      { ...QUESTION, headers: { ...QUESTION.headers, Authorization: 'Basic aGVyb246cmVlZHM=' } },
    ],
  ),
  ...aroundAndWithin('hono/trailing-slash redirects', () => trimTrailingSlash(), [
    { method: 'GET', path: '/somewhere/' },
    { method: 'GET', path: '/somewhere/else/?a=1' },
  ]),
  ...aroundAndWithin(
    'hono/combine runs one of several',
    () => some(basicAuth({ username: 'a', password: 'b' }), except('/stream', poweredBy())),
    [{ path: '/' }, { path: '/stream' }],
  ),
  ...aroundAndWithin(
    'hono/body-limit refuses what is too large',
    () => bodyLimit({ maxSize: 100 }),
    [QUESTION, { ...QUESTION, body: 'x'.repeat(101) }, { ...QUESTION, body: 'x'.repeat(300_000) }],
  ),
  ...[true, false].map(bodyLimitOfPieces),
  ...[true, false].map(timesOut),
  {
    name: 'hono/validator gives what it has checked, and refuses the rest',
    hono(app) {
      const check = validator('json', (value: { prompt?: string }, c) =>
        value.prompt ? { asked: value.prompt } : c.text('no prompt', 400),
      )
      app.post('/', check, async (c) => c.json([c.req.valid('json'), await c.req.json<object>()]))
      const form = validator('form', (value) => value)
      app.post('/form', form, (c) => c.json(Object.keys(c.req.valid('form'))))
      const query = validator('query', (value) => value)
      app.post('/query', query, (c) => c.json(c.req.valid('query')))
    },
    play: async (client) => [
      await client.exchange(QUESTION),
      await client.exchange({ ...QUESTION, body: '{}' }),
      await client.exchange({ ...QUESTION, body: '{' }),
      await client.exchange({ ...QUESTION, headers: { 'Content-Type': 'text/plain' } }),
      await client.exchange({ ...FORM, path: '/form' }),
      await client.exchange({ ...QUESTION, path: '/form' }),
      await client.exchange({ ...QUESTION, path: '/query?a=1&a=2&b=3' }),
    ],
    kept: [PROMPT],
  },
  {
    name: 'hono/method-override calls the app again with another method',
    hono(app) {
      app.use('/form', methodOverride({ app }))
      app.use('/header', methodOverride({ app, header: 'X-Method' }))
      app.use('/query', methodOverride({ app, query: '_method' }))
      app.delete('/:kind', async (c) =>
        c.json(['deleted', c.req.param('kind'), await c.req.text()]),
      )
      app.post('/:kind', async (c) => c.json(['posted', c.req.param('kind'), await c.req.text()]))
    },
    play: async (client) => [
      await client.exchange({ path: '/form', headers: FIELDS, body: '_method=DELETE&id=7' }),
      await client.exchange({ path: '/form', headers: FIELDS, body: 'id=8' }),
      await client.exchange({ path: '/header', headers: { 'X-Method': 'DELETE' }, body: 'nine' }),
      await client.exchange({ path: '/query?_method=DELETE', headers: {}, body: 'ten' }),
      await client.exchange({ path: '/query', headers: {}, body: 'eleven' }),
    ],
    kept: ['eleven'],
  },
]

function bodyLimitOfPieces(before: boolean): Probe {
  return {
    name: `hono/body-limit counts the pieces of a request, ${where(before)}`,
    mounts: 'itself',
    hono(app, { mount }) {
      mountAround(before, () => bodyLimit({ maxSize: 100 }))(app, mount)
      app.post('/', async (c) => c.json([await c.req.text(), c.req.raw.constructor.name]))
    },
    async play(client) {
      const answers: Answer[] = []
      for (const last of ['heron sleep', 'x'.repeat(100)]) {
        const conversation = client.open({ path: '/', headers: { 'Content-Type': 'text/plain' } })
        await conversation.write('where does the ')
        conversation.end(last)
        answers.push(await conversation.rest())
      }
      return answers
    },
    // Before it, the body is read and held by the other one.
    ...(before ? {} : { kept: [PROMPT] }),
  }
}

function timesOut(before: boolean): Probe {
  return {
    name: `hono/timeout answers in place of a handler that takes too long, ${where(before)}`,
    mounts: 'itself',
    hono(app, { mount, saw, signal }) {
      mountAround(before, () => timeout(20))(app, mount)
      app.post('/', async (c) => {
        await signal('answered')
        const late = c.text(REPLY)
        saw('late')
        return late
      })
    },
    async play(client) {
      const answer = await client.exchange(QUESTION)
      client.signal('answered')
      await client.saw('late')
      return answer
    },
  }
}

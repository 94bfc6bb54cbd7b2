import type { Probe } from '../../src/probe.ts'

/** Addresses of the host's own that look like the one that flags are sent to. */
const NEIGHBOURS = [
  '/flags',
  '/flag.html',
  '/flagged/x',
  '/flag-it',
  '/flag%20',
  '/flag;a',
  '/flag%2Fx',
  '/api/flag',
  '/api/flag/review',
  '//flag',
  '/a/../flags',
  '/flagging',
  '/.flag',
  '/?path=/flag',
  '/flags?id=1&option=x',
]

/** Routes of the host in the neighbourhood of a flag route. */
export const HOSTILE_NEIGHBOURS: readonly Probe[] = [
  {
    name: "the host's own routes beside a flag route are its own",
    express(app, { saw }) {
      app.use((req, res) => {
        saw(`${req.method} ${req.url}`)
        res.status(203).json({ asked: req.path })
      })
    },
    hono(app, { saw }) {
      app.all('*', (c) => {
        saw(`${c.req.method} ${c.req.path}`)
        return c.json({ asked: c.req.path }, 203)
      })
    },
    async play(client) {
      const answers: Record<string, unknown> = {}
      for (const path of NEIGHBOURS) {
        for (const method of ['GET', 'POST', 'DELETE']) {
          answers[`${method} ${path}`] = await client.exchange({ method, path })
        }
      }
      return answers
    },
  },
  {
    name: 'what the host does not know is answered as the host answers it',
    express(app) {
      app.get('/known', (_req, res) => void res.send('known'))
    },
    hono(app) {
      app.get('/known', (c) => c.text('known'))
    },
    async play(client) {
      const answers: Record<string, unknown> = {}
      for (const path of ['/unknown', '/flags', '/flagged', '/api/flag', '/known/x', '/']) {
        for (const method of ['GET', 'POST', 'PUT', 'OPTIONS', 'HEAD']) {
          answers[`${method} ${path}`] = await client.exchange({ method, path })
        }
      }
      answers['a wrong method'] = await client.exchange({ path: '/known', body: '{}' })
      answers['HEAD of GET'] = await client.exchange({ method: 'HEAD', path: '/known' })
      return answers
    },
  },
  {
    name: 'a 404 of the host has its own body and type',
    express(app) {
      app.use((req, res) => {
        res.status(404).type('application/problem+json').send({ code: 'mine', at: req.originalUrl })
      })
    },
    hono(app) {
      app.notFound((c) => c.json({ code: 'mine', at: c.req.path }, 404))
    },
    async play(client) {
      return {
        flags: await client.exchange({ path: '/flags', body: '{"id":"x"}' }),
        nested: await client.exchange({ path: '/v1/flag', body: '{"id":"x"}' }),
      }
    },
  },
]

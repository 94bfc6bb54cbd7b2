import type { Hono, MiddlewareHandler } from 'hono'
import type { Answer, Asked } from '../../src/conversation.ts'
import type { Probe } from '../../src/probe.ts'
import { REPLY, streamOf } from './shapes.ts'

/** The same middleware, once around what is under test and once within it. */
export function aroundAndWithin(
  name: string,
  middleware: () => MiddlewareHandler,
  asked: readonly Asked[],
): Probe[] {
  const app = (hono: Hono): void => {
    hono.get('/', (c) => c.text(REPLY, 200, { 'X-Bird': 'heron' }))
    hono.post('/', (c) => c.text(REPLY, 200, { 'X-Bird': 'heron' }))
    hono.post('/json', (c) => c.json({ reply: REPLY }))
    hono.on(['GET', 'POST'], '/stream', (c) => c.body(streamOf('on one leg ', 'in the reeds')))
  }
  const play: Probe['play'] = async (client) => {
    const answers: Answer[] = []
    for (const one of asked) answers.push(await client.exchange(one))
    // Redirects name the port.
    return JSON.parse(JSON.stringify(answers).replaceAll(`:${client.port}`, ':port')) as unknown
  }
  return [
    {
      name: `${name}, mounted before`,
      mounts: 'itself',
      hono(hono, { mount }) {
        hono.use(middleware())
        mount()
        app(hono)
      },
      play,
    },
    {
      name: `${name}, mounted after`,
      hono(hono) {
        hono.use(middleware())
        app(hono)
      },
      play,
    },
  ]
}

/** Where a middleware is mounted, for the name of a probe. */
export function where(before: boolean): string {
  return before ? 'mounted before' : 'mounted after'
}

/** Mounts a middleware around what is under test, or within it. */
export function mountAround(before: boolean, middleware: () => MiddlewareHandler) {
  return (app: Hono, mount: () => void): void => {
    if (before) app.use(middleware())
    mount()
    if (!before) app.use(middleware())
  }
}

import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, route, use } from './host.ts'
import { World } from './world.ts'
import { postJSON, send } from './wire.ts'

/** The addresses below `path`: methods, headers, and what is left to the host. */
export function routesContract(adapter: Adapter): void {
  describe('flag routes', () => {
    test('a wrong method is a 405 with Allow', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ examples: world.root })),
        route('PUT /flag', api.sink),
      )
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const answer = await send(server, '/flag', { method })
        expect(answer.status).toBe(405)
        expect(answer.headers.get('allow')).toBe('GET, HEAD, POST')
        expect(answer.json()).toMatchObject({ status: 405 })
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
      }
      const examples = await send(server, '/flag/examples', postJSON({}))
      expect([examples.status, examples.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    })

    test('a 405 leaves the connection usable, also with a body unread', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging()), route('POST /sink', api.sink))
      const body = 'x'.repeat(300_000)
      for (let count = 0; count < 3; count++) {
        expect((await send(server, '/flag', { method: 'PUT', body })).status).toBe(405)
        expect((await send(server, '/sink', postJSON({}))).status).toBe(200)
      }
    })

    test('HEAD is GET without a body', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging({ examples: world.root })))
      for (const path of ['/flag', '/flag/examples']) {
        const [head, get] = [
          await send(server, path, { method: 'HEAD' }),
          await send(server, path, { method: 'GET' }),
        ]
        expect(head.status).toBe(get.status)
        expect(head.text).toBe('')
        expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
      }
    })

    test('a query and a slash at the end do not matter', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging()))
      for (const path of ['/flag', '/flag/', '/flag?x=1']) {
        expect((await send(server, path)).json()).toMatchObject({ mode: 'manual' })
      }
    })

    test('all other addresses fall through to the host', async () => {
      const world = await World.make(adapter)
      const paths = ['/flag/mine', '/flags', '/flagged/x', '/flag/examples', '/flag/review']
      const hosts = paths.map((path) => route(`GET ${path}`, api.always(answerJSON(path))))
      const server = await world.serve(use(world.flagging()), ...hosts)
      for (const path of paths) expect((await send(server, path)).json()).toBe(path)
      expect((await send(server, '/flag/nothing')).status).toBe(404)
    })

    test('answers are not stored and not sniffed', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging()))
      for (const init of [{}, { method: 'PUT' }, postJSON({ id: 'x' })]) {
        const { headers } = await send(server, '/flag', init)
        expect(headers.get('cache-control')).toBe('no-store')
        expect(headers.get('x-content-type-options')).toBe('nosniff')
      }
    })
  })
}

import { createFlagging } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import {
  type Adapter,
  answerJSON,
  guard,
  route,
  router,
  routesAt,
  type Server,
  use,
} from './host.ts'
import { World } from './world.ts'
import { digest, flag, postJSON, rowsOf, send } from './wire.ts'

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }
const LOG = 'num1,operation,num2,Output\n5,add,7,12\n'

/** On an app, a router, a base path, one route; several at once; routes elsewhere. */
export function mountingContract(adapter: Adapter): void {
  const calculate = (server: Server, path = '/calculate') => send(server, path, postJSON(sample))

  describe('mounting', () => {
    test('on a base path it captures and answers below it alone', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging(), '/api'),
        route('POST /api/calculate', api.calculator),
        route('POST /calculate', api.calculator),
      )
      expect((await send(server, '/flag')).status).toBe(404)
      expect((await send(server, '/api/flag')).json()).toMatchObject({ mode: 'manual' })
      expect((await calculate(server)).id).toBeNull()
      const { id } = await calculate(server, '/api/calculate')
      expect((await flag(server, id, {}, '/flag')).status).toBe(404)
      expect((await flag(server, id, {}, '/api/flag')).status).toBe(201)
      expect(await world.files()).toEqual(['api.calculate/logs.csv'])
    })

    test('in a router it does the same, and knows the patterns on the way', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        router(
          '/v1',
          use(world.flagging()),
          route('POST /chat/completions', api.sink),
          router('/users/:user', route('POST /notes/:note', api.sink)),
        ),
        route('POST /other', api.sink),
      )
      expect((await send(server, '/other', postJSON({ q: 1 }))).id).toBeNull()
      for (const path of [
        '/v1/chat/completions',
        '/v1/users/ann/notes/7',
        '/v1/users/bob/notes/8',
      ]) {
        const { id } = await send(server, path, postJSON({ q: 1 }))
        expect((await flag(server, id, {}, '/v1/flag')).status).toBe(201)
      }
      expect(await world.files()).toEqual([
        'v1.chat.completions/logs.csv',
        'v1.users.{user}.notes.{note}/logs.csv',
      ])
      const rows = rowsOf(await world.read('v1.users.{user}.notes.{note}/logs.csv'))
      expect(rows.slice(1).map((row) => row.includes('7') || row.includes('8'))).toEqual([
        true,
        true,
      ])
    })

    test('a router below a parameter shares one dataset for all of its values', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        router(
          '/teams/:team',
          use(world.flagging({ mode: 'auto' })),
          route('POST /members', api.sink),
        ),
      )
      for (const team of ['red', 'blue', 'green']) {
        await send(server, `/teams/${team}/members`, postJSON({ name: team }))
      }
      await world.flush()
      expect(await world.files()).toEqual(['teams.{team}.members/logs.csv'])
      expect((await send(server, '/teams/red/flag')).json()).toMatchObject({ mode: 'auto' })
    })

    test('on one route it only captures', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({ inputs })
      const server = await world.serve(
        route('POST /calculate', api.calculator, mounted),
        route('POST /other', api.calculator),
        route('POST /flag', api.always(answerJSON('the host answers'))),
        routesAt('/feedback', world.flagRoutes(mounted.flagging)),
      )
      expect((await send(server, '/other', postJSON(sample))).id).toBeNull()
      const { id } = await calculate(server)
      expect((await flag(server, id)).json()).toBe('the host answers')
      expect((await flag(server, id, {}, '/feedback')).status).toBe(201)
      expect(await world.read()).toBe(LOG)
    })

    test('on one route whose path ends like the flag route it only captures, too', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        route('POST /flag', api.calculator, world.flagging({ mode: 'auto', inputs })),
      )
      expect((await send(server, '/flag', postJSON(sample))).json()).toBe(12)
      await world.flush()
      expect(await world.read()).toBe(LOG)
    })

    test('the flag routes may have another path', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ inputs, path: '/feedback/v1' })),
        route('POST /calculate', api.calculator),
      )
      const { id } = await calculate(server)
      expect((await flag(server, id)).status).toBe(404)
      expect((await flag(server, id, {}, '/feedback/v1')).status).toBe(201)
    })

    test('with path false they are elsewhere, for instance behind the auth of the host', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({ inputs, path: false })
      const server = await world.serve(
        use(mounted),
        route('POST /calculate', api.calculator),
        guard(
          (request) =>
            request.header('x-user') === 'ann'
              ? undefined
              : { status: 401, headers: [['www-authenticate', 'Basic']] },
          '/admin',
        ),
        routesAt('/admin/flag', world.flagRoutes(mounted.flagging)),
      )
      const { id } = await calculate(server)
      expect((await send(server, '/flag')).status).toBe(404)
      expect((await flag(server, id, {}, '/admin/flag')).status).toBe(401)
      const init = postJSON({ id }, { 'x-user': 'ann' })
      const flagged = await send(server, '/admin/flag', init)
      expect([flagged.status, flagged.id]).toEqual([201, null])
      expect(await world.read()).toBe(LOG)
    })

    test('an auth before it is asked first; its refusals are no samples', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        guard((request) => (request.header('x-user') ? undefined : { status: 401 })),
        use(world.flagging({ inputs, mode: 'auto' })),
        route('POST /calculate', api.calculator),
      )
      expect((await calculate(server)).status).toBe(401)
      expect((await send(server, '/flag')).status).toBe(401)
      const init = postJSON(sample, { 'x-user': 'ann' })
      expect((await send(server, '/calculate', init)).json()).toBe(12)
      await world.flush()
      expect(await world.read()).toBe(LOG)
    })

    test('an async middleware before it costs nothing of the body', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        guard(async () => {
          for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
          return undefined
        }),
        use(world.flagging({ mode: 'auto' })),
        route('POST /echo', api.echo),
      )
      const story = 'lang '.repeat(100_000)
      await send(server, '/echo', postJSON(sample))
      await send(server, '/echo', postJSON({ story }))
      await world.flush()
      expect(await world.read('echo/logs.csv')).toMatch(/\n5,add,7,5,add,7\n/)
      const stories = (await world.files()).filter((path) => path.endsWith('.txt'))
      for (const path of stories) expect(digest(await world.read(path))).toBe(digest(story))
      expect(stories).toHaveLength(2)
    })

    test('overrides give one endpoint its own components, when, or nothing; the rest is shared', async () => {
      const world = await World.make(adapter)
      const shared = createFlagging({ dir: world.dir, options: ['Bad'] })
      const outer = world.flagging(shared)
      const own = world.flagging(shared, { inputs, outputs: ['Sum'] })
      const left = world.flagging(shared, { mode: 'never' })
      const picky = world.flagging(shared, { when: ({ inputs: given }) => given['q'] === 'yes' })
      const server = await world.serve(
        use(outer),
        route('POST /calculate', api.calculator, own),
        route('POST /secret', api.sink, left),
        route('POST /picky', api.sink, picky),
        route('POST /other', api.sink),
      )
      expect(own.flagging).toBe(outer.flagging)
      const ids = [
        (await calculate(server)).id,
        (await send(server, '/other', postJSON({ q: 1 }))).id,
        (await send(server, '/picky', postJSON({ q: 'yes' }))).id,
      ]
      for (const id of ids) {
        expect((await flag(server, id, { option: 'Bad' })).status).toBe(201)
      }
      const refused = (await send(server, '/picky', postJSON({ q: 'no' }))).id
      expect((await flag(server, refused, { option: 'Bad' })).status).toBe(404)
      expect((await send(server, '/secret', postJSON({ q: 1 }))).id).toBeNull()
      expect(await world.files()).toEqual([
        'calculate/logs.csv',
        'other/logs.csv',
        'picky/logs.csv',
      ])
      expect(await world.read('calculate/logs.csv')).toBe(
        'num1,operation,num2,Sum,flag_option\n5,add,7,12,Bad\n',
      )
    })

    test('overrides that cannot be right throw at start', () => {
      for (const overrides of [{ mode: 'auto' }, { dir: 'x' }, { outputs: ['a'] }, { when: 1 }]) {
        expect(() => adapter.flagging({}, overrides as never)).toThrow(
          expect.objectContaining({ code: 'ERR_FLAGGING_OPTION' }),
        )
      }
    })

    test('of several the innermost decides, and there is one row', async () => {
      const world = await World.make(adapter)
      const [outerDir, innerDir] = [`${world.dir}-outer`, `${world.dir}-inner`]
      const outer = world.flagging({ mode: 'auto', dir: outerDir })
      const inner = world.flagging({ mode: 'auto', dir: innerDir, inputs })
      const server = await world.serve(
        use(outer),
        router('/inner', use(inner), route('POST /calculate', api.calculator)),
        route('POST /calculate', api.calculator),
      )
      await calculate(server)
      await calculate(server, '/inner/calculate')
      await world.flush()
      expect(await world.files(outerDir)).toEqual(['calculate/logs.csv'])
      expect(await world.files(innerDir)).toEqual(['logs.csv'])
    })

    test('a manual one inside an automatic one issues its ids, and the other way round', async () => {
      const world = await World.make(adapter)
      const manual = () => world.flagging({ inputs, dir: `${world.dir}-manual`, path: '/by-hand' })
      const auto = () => world.flagging({ inputs, dir: `${world.dir}-auto`, mode: 'auto' })
      const nested = async (outer: ReturnType<typeof auto>, inner: ReturnType<typeof auto>) =>
        world.serve(use(outer), use(inner), route('POST /calculate', api.calculator))
      const inside = await nested(auto(), manual())
      const { id } = await calculate(inside)
      expect(id).toMatch(/^[\w-]{22}$/)
      await world.flush()
      expect(await world.files(`${world.dir}-auto`)).toEqual([])
      expect((await flag(inside, id, {}, '/by-hand')).status).toBe(201)
      const outside = await nested(manual(), auto())
      expect((await calculate(outside)).id).toBeNull()
      await world.flush()
      expect(await world.files(`${world.dir}-auto`)).toEqual(['logs.csv'])
    })

    test('requests that flag routes answer are never captured', async () => {
      const world = await World.make(adapter)
      const options = { inputs: ['q'], acceptData: true, dir: `${world.dir}-posted` }
      const server = await world.serve(
        use(world.flagging({ mode: 'auto', path: '/own' })),
        routesAt('/flag', world.flagRoutes(options)),
        route('POST /ask', api.sink),
      )
      expect((await send(server, '/flag', postJSON({ data: [1, 2] }))).status).toBe(201)
      await send(server, '/ask', postJSON({ q: 1 }))
      await world.flush()
      expect(await world.files()).toEqual(['ask/logs.csv'])
    })

    test('endpoints without a route of their own go by the path of the mount', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ mode: 'auto' }), '/api'),
        guard(() => answerJSON({ ok: true }), '/api'),
      )
      for (const path of ['/api/a', '/api/b', '/api/c/d'])
        await send(server, path, postJSON({ q: 1 }))
      await world.flush()
      expect(await world.files()).toEqual(['api/logs.csv'])
    })

    test('POST / is index, other methods stand in front', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ mode: 'auto' })),
        route('POST /', api.sink),
        route('PATCH /things/:id', api.sink),
      )
      await send(server, '/', postJSON({ q: 1 }))
      await send(server, '/things/1', { ...postJSON({ q: 1 }), method: 'PATCH' })
      await world.flush()
      expect(await world.files()).toEqual(['PATCH.things.{id}/logs.csv', 'index/logs.csv'])
    })

    test('one flagging may be mounted on several hosts', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({ inputs })
      const [one, other] = [
        await world.serve(use(mounted), route('POST /calculate', api.calculator)),
        await world.serve(use(mounted), route('POST /calculate', api.calculator)),
      ]
      const { id } = await calculate(one)
      expect((await flag(other, id)).status).toBe(201)
    })
  })
}

import type { FlaggingOptions } from '@flagging/core'
import { flagging, flagRoutes } from '@flagging/hono-adapter'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { flag, postJSON, recordsOf, send } from '../../../test/contract/wire.ts'
import { World } from '../../../test/contract/world.ts'
import { onSockets } from './hono-host.ts'
import { WAYS } from './hono-world.ts'

type Middleware = ReturnType<typeof flagging>

const ok = (c: Context) => c.json({ ok: true })

for (const [way, serve] of Object.entries(WAYS)) {
  const start = async (
    options: FlaggingOptions<object>,
    build: (app: Hono, mw: Middleware) => Hono | void,
  ) => {
    const world = await World.make(onSockets)
    const mounted = world.flagging(options) as unknown as Middleware
    const app = new Hono()
    const built = build(app, mounted) ?? app
    return { world, flagging: mounted.flagging, server: await serve(built) }
  }
  const foldersOf = async (paths: readonly string[], build: (app: Hono) => void) => {
    const { world, server } = await start({ mode: 'auto' }, (app, mw) => {
      app.use(mw)
      build(app)
    })
    for (const path of paths) {
      expect((await send(server, path, postJSON({ q: 1 }))).json()).toEqual({ ok: true })
    }
    await world.flush()
    return world.folders()
  }

  describe(`Hono ${way}: endpoints`, () => {
    test('app.all, app.on, chained handlers and several handlers of one route', async () => {
      const folders = await foldersOf(['/one', '/two', '/three', '/four'], (app) => {
        app.all('/one', ok)
        app.on(['POST', 'PUT'], ['/two'], ok)
        app.post('/three', async (_c, next) => next(), ok)
        app.use('/four', async (_c, next) => next()).post(ok)
      })
      expect(folders).toEqual(['four', 'one', 'three', 'two'])
    })

    test('base paths and apps in apps, with parameters, by what they are mounted at', async () => {
      const paths = ['/v1/ask', '/a/1/b/2/c', '/a/3/b/4/c', '/a/%2Fx/b/y/c']
      const folders = await foldersOf(paths, (app) => {
        app.basePath('/v1').post('/ask', ok)
        const inner = new Hono().post('/c', ok)
        const outer = new Hono().route('/b/:two', inner)
        app.route('/a/:one', outer)
      })
      expect(folders).toEqual(['a.{one}.b.{two}.c', 'v1.ask'])
    })

    test('constraints, optional parameters and wildcards make no folder per address', async () => {
      const paths = ['/re/12', '/re/34', '/opt', '/opt/7', '/files/a', '/files/b/c']
      const folders = await foldersOf(paths, (app) => {
        app.post('/re/:id{[0-9]+}', ok)
        app.post('/opt/:id?', ok)
        app.post('/files/*', ok)
      })
      expect(folders).toContain('re.{id}')
      expect(folders.length).toBeLessThanOrEqual(4)
    })

    test('what a mounted foreign app answers goes by the mount', async () => {
      const folders = await foldersOf(['/foreign/a', '/foreign/b/c'], (app) => {
        app.mount('/foreign', () => Response.json({ ok: true }))
      })
      expect(folders).toHaveLength(1)
    })

    test('parameters are columns, with their own names', async () => {
      const { world, server } = await start({ mode: 'auto' }, (app, mw) => {
        app.use(mw)
        app.post('/users/:user/notes/:note', ok)
      })
      await send(server, '/users/ann%20b/notes/007', postJSON({ q: 1 }))
      await world.flush()
      const records = recordsOf(await world.read('users.{user}.notes.{note}/logs.csv'))
      expect(records).toEqual([{ user: 'ann b', note: '007', q: '1', ok: 'true' }])
    })

    test('a route before us is the host alone; the next one that answers counts', async () => {
      const { world, server } = await start({ mode: 'auto' }, (app, mw) => {
        app.post('/before', ok)
        app.use(mw)
        app.post('/asked/:id', async (_c, next) => next())
        app.post('/asked/:name', ok)
      })
      await send(server, '/before', postJSON({ q: 1 }))
      await send(server, '/asked/7', postJSON({ q: 1 }))
      await world.flush()
      expect(await world.folders()).toEqual(['asked.{name}'])
    })

    test('the same middleware twice captures once', async () => {
      const { world, server } = await start({}, (app, mw) => {
        app.use(mw)
        app.use('*', mw)
        app.post('/ask', mw, ok)
      })
      const { id } = await send(server, '/ask', postJSON({ q: 1 }))
      expect((await flag(server, id)).json()).toEqual({ count: 1 })
      expect((await flag(server, id)).json()).toEqual({ count: 1 })
      expect(await world.read('ask/logs.csv')).toBe('q,ok\n1,true\n')
    })

    test("app.use('/path', mw) without a star is one route: it only captures", async () => {
      const { world, server } = await start({ mode: 'auto', path: '/ask' }, (app, mw) => {
        app.use('/ask', mw)
        app.post('/ask', ok)
        app.get('/ask', ok)
      })
      expect((await send(server, '/ask', postJSON({ q: 1 }))).json()).toEqual({ ok: true })
      expect((await send(server, '/ask')).json()).toEqual({ ok: true })
      await world.flush()
      expect(await world.folders()).toEqual(['ask'])
    })

    test('an error handler may answer 200: what it answers is what is logged', async () => {
      const { world, server } = await start({ mode: 'auto' }, (app, mw) => {
        app.onError((error, c) => c.json({ sorry: error.message }, 200))
        app.use(mw)
        app.post('/ask', () => {
          throw new Error('broken')
        })
      })
      expect((await send(server, '/ask', postJSON({ q: 1 }))).json()).toEqual({ sorry: 'broken' })
      await world.flush()
      expect(await world.read('ask/logs.csv')).toBe('q,sorry\n1,broken\n')
    })

    test('an app that is served below another path answers there', async () => {
      const { world, server } = await start({ inputs: ['q'] }, (app, mw) => {
        app.use(mw)
        app.post('/ask', ok)
        return new Hono().route('/deep/api', app)
      })
      const { id } = await send(server, '/deep/api/ask', postJSON({ q: 1 }))
      expect((await flag(server, id)).status).toBe(404)
      expect((await flag(server, id, {}, '/deep/api/flag')).status).toBe(201)
      expect(await world.read()).toBe('q,Output\n1,"{""ok"":true}"\n')
    })
  })
}

test('types are those of Hono, variables included', () => {
  interface Env {
    Variables: { user: string }
  }
  const middleware = flagging<Env>({
    mode: 'never',
    username: (c) => {
      expectTypeOf(c).toEqualTypeOf<Context<Env>>()
      return c.get('user')
    },
  })
  expectTypeOf(middleware).toExtend<MiddlewareHandler<Env>>()
  const routes = flagRoutes({ inputs: ['a'], acceptData: true, mode: 'never' })
  expectTypeOf(routes).toExtend<Hono>()
  expectTypeOf(routes.flagging).toEqualTypeOf(middleware.flagging)
  expect(flagging(middleware.flagging).flagging).toBe(middleware.flagging)
})

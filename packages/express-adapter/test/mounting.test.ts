import type { FlaggingOptions } from '@flagging/core'
import { flagging, flagRoutes } from '@flagging/express-adapter'
import type express5 from 'express'
import type { Request, RequestHandler, Router } from 'express'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { flag, postJSON, recordsOf, send } from '../../../test/contract/wire.ts'
import { World } from '../../../test/contract/world.ts'
import { EXPRESS, expressAdapter } from './express-host.ts'
import { serveApp } from './express-world.ts'

type Express = ReturnType<typeof express5>

const ok: RequestHandler = (_req, res) => void res.json({ ok: true })

for (const [name, express] of EXPRESS) {
  const start = async (
    options: FlaggingOptions<object>,
    build: (app: Express, mw: RequestHandler) => void,
  ) => {
    const world = await World.make(expressAdapter(express))
    const mounted = world.flagging(options)
    const app = express()
    build(app, mounted as unknown as RequestHandler)
    return { world, flagging: mounted.flagging, server: await serveApp(app) }
  }
  /** The folders that requests end up in. */
  const foldersOf = async (paths: readonly string[], build: (app: Express) => void) => {
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

  describe(`${name}: endpoints`, () => {
    test('app.route and app.all', async () => {
      const folders = await foldersOf(['/one', '/two'], (app) => {
        app.route('/one').post(ok)
        app.all('/two', ok)
      })
      expect(folders).toEqual(['one', 'two'])
    })

    test('routers in routers, with parameters, by what they are mounted at', async () => {
      const paths = ['/a/1/b/2/c', '/a/3/b/4/c', '/a/%2Fx/b/y/c']
      const folders = await foldersOf(paths, (app) => {
        const inner = express.Router({ mergeParams: true })
        inner.post('/c', ok)
        const outer = express.Router({ mergeParams: true })
        outer.use('/b/:two', inner)
        app.use('/a/:one', outer)
      })
      expect(folders).toEqual(['a.{one}.b.{two}.c'])
    })

    test('no route: what the middleware is mounted at, by pattern and not by value', async () => {
      const { world, server } = await start({ mode: 'auto' }, (app, mw) => {
        const router = express.Router({ mergeParams: true })
        router.use('/in/:inner', mw, ok)
        app.use('/t/:tenant', router)
      })
      for (const path of ['/t/a/in/1', '/t/b/in/2', '/t/evil%2F../in/3']) {
        await send(server, path, postJSON({ q: 1 }))
      }
      await world.flush()
      expect(await world.folders()).toEqual(['t.{tenant}.in.{inner}'])
    })

    test('apps in apps', async () => {
      const folders = await foldersOf(['/sub/deep/9/ask', '/sub'], (app) => {
        const deep = express()
        deep.post('/:id/ask', ok)
        const sub = express()
        sub.use('/deep', deep)
        sub.post('/', ok)
        app.use('/sub', sub)
      })
      expect(folders).toEqual(['sub', 'sub.deep.{id}.ask'])
    })

    test('one pattern behind several routers is told apart by them', async () => {
      const folders = await foldersOf(['/x/ask', '/y/ask', '/ask'], (app) => {
        const router = express.Router()
        router.post('/ask', ok)
        app.use('/x', router)
        app.use('/y', router)
        app.use(router)
      })
      expect(folders).toEqual(['ask', 'x.ask', 'y.ask'])
    })

    test('lists, patterns and wildcards make no folder per address', async () => {
      const wildcard = name === 'Express 5' ? '/files/*path' : '/files/*'
      const paths = ['/l1', '/l2', '/re/12', '/re/34', '/files/a/b', '/files/c', '/opt', '/opt/7']
      const folders = await foldersOf(paths, (app) => {
        app.post(['/l1', '/l2'], ok)
        app.post(/^\/re\/\d+$/, ok)
        app.post(wildcard, ok)
        app.post(name === 'Express 5' ? '/opt{/:id}' : '/opt/:id?', ok)
      })
      expect(folders).toHaveLength(4)
    })

    test('case and a slash at the end do not matter where they do not for the router', async () => {
      const folders = await foldersOf(['/Ask', '/ask/', '/ASK'], (app) => {
        app.post('/ask', ok)
      })
      expect(folders).toEqual(['ask'])
    })

    test('parameters are columns, with their own names', async () => {
      const { world, server } = await start({ mode: 'auto' }, (app, mw) => {
        app.use(mw)
        const router = express.Router({ mergeParams: true })
        router.post('/notes/:note', ok)
        app.use('/users/:user', router)
      })
      await send(server, '/users/ann%20b/notes/007', postJSON({ q: 1 }))
      await world.flush()
      const [record] = recordsOf(await world.read('users.{user}.notes.{note}/logs.csv'))
      expect(record).toMatchObject({ note: '007', q: '1', ok: 'true' })
    })

    test('a route before us is the host alone; the next one that answers counts', async () => {
      const { world, server } = await start({ mode: 'auto' }, (app, mw) => {
        app.post('/before', ok)
        app.use(mw)
        app.post('/asked/:id', (_req, _res, next) => next())
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
        app.use(mw)
        app.post('/ask', mw, ok)
      })
      const { id } = await send(server, '/ask', postJSON({ q: 1 }))
      expect((await flag(server, id)).json()).toEqual({ count: 1 })
      expect((await flag(server, id)).json()).toEqual({ count: 1 })
      expect(await world.read('ask/logs.csv')).toBe('q,ok\n1,true\n')
    })

    test('in a list of handlers of one route it only captures', async () => {
      const { world, server } = await start({ mode: 'auto', path: '/ask' }, (app, mw) => {
        app.post('/ask', [mw, ok])
        app.get('/ask', ok)
      })
      expect((await send(server, '/ask', postJSON({ q: 1 }))).json()).toEqual({ ok: true })
      expect((await send(server, '/ask')).json()).toEqual({ ok: true })
      await world.flush()
      expect(await world.folders()).toEqual(['ask'])
    })

    test('behind a router that rewrites the address, the host knows best', async () => {
      const { world, server } = await start({ mode: 'auto' }, (app, mw) => {
        app.use(mw)
        app.use((req, _res, next) => {
          req.url = req.url.replace('/old/', '/new/')
          next()
        })
        app.post('/new/ask', ok)
      })
      await send(server, '/old/ask', postJSON({ q: 1 }))
      await world.flush()
      expect(await world.folders()).toEqual(['new.ask'])
    })
  })
}

test('types are those of Express', () => {
  const middleware = flagging({
    mode: 'never',
    username: (request) => {
      expectTypeOf(request).toEqualTypeOf<Request>()
      return request.get('x-user')
    },
  })
  expectTypeOf(middleware).toExtend<RequestHandler>()
  const routes = flagRoutes({ inputs: ['a'], acceptData: true, mode: 'never' })
  expectTypeOf(routes).toExtend<Router>()
  expectTypeOf(routes.flagging).toEqualTypeOf(middleware.flagging)
  expect(flagging(middleware.flagging).flagging).toBe(middleware.flagging)
})

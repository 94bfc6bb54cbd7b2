import type { FlaggingOptions } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, route, type Server, use } from './host.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import { type Answer, flag, postJSON, recordsOf, rowsOf, send } from './wire.ts'

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }
const FRIEND = 'https://app.example.com'

/** Who may flag, what else a flag may say, and which pages may use the routes. */
export function accessContract(adapter: Adapter): void {
  const start = async (options: FlaggingOptions<object>) => {
    const world = await World.make(adapter)
    const mounted = world.flagging({ inputs, ...options })
    const server = await world.serve(use(mounted), route('POST /calculate', api.calculator))
    return { world, server, mounted }
  }
  const byHeader = (target: object) => adapter.headerOf(target, 'x-user')
  const calculate = (server: Server, user?: string) =>
    send(server, '/calculate', postJSON(sample, user === undefined ? {} : { 'x-user': user }))
  const flagAs = (server: Server, id: string | null, user?: string, more: object = {}) =>
    send(server, '/flag', postJSON({ id, ...more }, user === undefined ? {} : { 'x-user': user }))

  describe('user names', () => {
    test('come from the host, in a column of their own, by hand and in auto mode', async () => {
      const username = async (target: object) => byHeader(target)
      const { world, server } = await start({ username })
      await flagAs(server, (await calculate(server, 'ann')).id, 'ann', { username: 'root' })
      await flagAs(server, (await calculate(server)).id)
      expect(await world.read()).toBe(
        'num1,operation,num2,Output,username\n5,add,7,12,ann\n5,add,7,12,\n',
      )
      const auto = await start({ mode: 'auto', username })
      await calculate(auto.server, 'bob')
      await auto.world.flush()
      expect(await auto.world.read()).toBe('num1,operation,num2,Output,username\n5,add,7,12,bob\n')
    })

    test('where both are known, only the maker may flag', async () => {
      const { world, server } = await start({ username: byHeader })
      const { id } = await calculate(server, 'ann')
      const answers = [await flagAs(server, id, 'bob'), await flagAs(server, id, 'ann')]
      expect(answers.map(({ status }) => status)).toEqual([404, 201])
      const unknownMaker = await calculate(server)
      expect((await flagAs(server, unknownMaker.id, 'bob')).status).toBe(201)
      const unknownFlagger = await calculate(server, 'ann')
      expect((await flagAs(server, unknownFlagger.id)).status).toBe(201)
      expect(rowsOf(await world.read())).toHaveLength(4)
    })

    test('a throw stores no name, is reported, and fails nothing', async () => {
      const { world, server, mounted } = await start({
        mode: 'auto',
        username: () => {
          throw new Error('no session')
        },
      })
      expect((await calculate(server)).status).toBe(200)
      await mounted.flagging.flush()
      expect(world.errors.map(String)).toEqual(['Error: no session'])
      expect(await world.read()).toBe('num1,operation,num2,Output,username\n5,add,7,12,\n')
    })

    test('no name is a formula', async () => {
      const { world, server } = await start({ username: () => '=cmd()' })
      await flagAs(server, (await calculate(server)).id)
      expect(recordsOf(await world.read())[0]?.['username']).toBe("'=cmd()")
    })
  })

  describe('comments and corrections', () => {
    test('each adds its column after the user name', async () => {
      const { world, server } = await start({
        options: ['Wrong'],
        username: byHeader,
        comment: true,
        correction: true,
      })
      const option = 'Wrong'
      const { id } = await calculate(server)
      const comment = 'it is,\n"thirteen"'
      await flagAs(server, id, 'ann', { option, comment, correction: { Output: 13 } })
      await flagAs(server, id, 'ann', { option, correction: 13 })
      await flagAs(server, id, 'ann', { option })
      expect(rowsOf(await world.read())).toEqual([
        [...inputs, 'Output', 'flag_option', 'username', 'comment', 'correction'],
        ['5', 'add', '7', '12', 'Wrong', 'ann', comment, '{"Output":13}'],
        ['5', 'add', '7', '12', 'Wrong', 'ann', '', '13'],
        ['5', 'add', '7', '12', 'Wrong', 'ann', '', ''],
      ])
    })

    test('sent without the option they are a 400', async () => {
      const { world, server } = await start({})
      const { id } = await calculate(server)
      expect((await flag(server, id, { comment: 'hm' })).status).toBe(400)
      expect((await flag(server, id, { correction: 13 })).status).toBe(400)
      expect(await world.files()).toEqual([])
      const both = await start({ comment: true, correction: true })
      const one = await calculate(both.server)
      expect((await flag(both.server, one.id, { comment: 7 })).status).toBe(400)
      expect((await flag(both.server, one.id, { comment: 'x'.repeat(200_000) })).status).toBe(400)
      expect((await flag(both.server, one.id, { comment: 'ok', correction: [1] })).status).toBe(201)
    })
  })

  describe('authorize', () => {
    test('false is a 403 for what was asked, and nothing else is touched', async () => {
      const asked: string[] = []
      const { world, server } = await start({
        examples: '.',
        authorize: async (target, action) => {
          asked.push(action)
          return byHeader(target) === 'ann'
        },
      })
      const { id } = await calculate(server)
      const refused = [
        await flagAs(server, id),
        await send(server, '/flag/examples'),
        await send(server, '/flag/examples/0/0'),
      ]
      for (const answer of refused) {
        expect(answer.status).toBe(403)
        expect(answer.json()).toMatchObject({ code: 'forbidden' })
      }
      expect(asked).toEqual(['flag', 'examples', 'examples'])
      expect((await send(server, '/flag')).status).toBe(200)
      expect(await world.files()).toEqual([])
      expect((await flagAs(server, id, 'ann')).status).toBe(201)
    })

    test('a throw is a 403 and is reported', async () => {
      const { world, server } = await start({
        authorize: () => Promise.reject(new Error('directory is down')),
      })
      const flagged = await flagAs(server, (await calculate(server)).id)
      expect(flagged.status).toBe(403)
      expect(flagged.text).not.toContain('directory')
      expect(world.errors.map(String)).toEqual(['Error: directory is down'])
    })

    test('nothing but true lets through', async () => {
      const { server } = await start({ authorize: (() => 'yes') as never })
      expect((await flagAs(server, (await calculate(server)).id)).status).toBe(403)
    })
  })

  describe('pages of other origins', () => {
    const flagFrom = async (headers: Record<string, string>, options: FlaggingOptions<object>) => {
      const { server } = await start(options)
      const { id } = await calculate(server)
      const own = { ...headers }
      if (own['origin'] === 'own') own['origin'] = server.origin
      return send(server, '/flag', postJSON({ id }, own))
    }
    const CASES: [headers: Record<string, string>, status: number, origins?: string[]][] = [
      [{}, 201],
      [{ 'sec-fetch-site': 'same-origin', origin: 'own' }, 201],
      [{ 'sec-fetch-site': 'none' }, 201],
      [{ 'sec-fetch-site': 'cross-site', origin: FRIEND }, 403],
      [{ 'sec-fetch-site': 'same-site', origin: 'https://sub.example.com' }, 403],
      [{ 'sec-fetch-site': 'cross-site', origin: FRIEND }, 201, [FRIEND]],
      [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403, [FRIEND]],
      [{ 'sec-fetch-site': 'cross-site' }, 403, [FRIEND]],
      [{ origin: 'own' }, 201],
      [{ origin: FRIEND }, 403],
      [{ origin: FRIEND }, 201, [FRIEND]],
      [{ origin: 'null' }, 403],
      [{ origin: 'null' }, 403, [FRIEND]],
      [{ origin: 'https://app.example.com.evil.example' }, 403, [FRIEND]],
    ]
    for (const [headers, status, origins] of CASES) {
      const listed = origins ? ', an origin being listed' : ''
      test(`${JSON.stringify(headers)}${listed}: ${status}`, async () => {
        const answer = await flagFrom(headers, origins ? { origins } : {})
        expect(answer.status).toBe(status)
      })
    }

    test('a browser form of another site cannot flag, whatever it sends along', async () => {
      const { world, server } = await start({ acceptData: true })
      const headers = { cookie: 'sid=1', 'sec-fetch-site': 'cross-site', origin: 'null' }
      const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']
      for (const type of types) {
        const body = '{"data":[1,2,3,4]}'
        const init = { method: 'POST', headers: { ...headers, 'content-type': type }, body }
        expect((await send(server, '/flag', init)).status).toBe(403)
      }
      expect(await world.files()).toEqual([])
    })

    test('listed ones get their preflights answered, and may read the answers', async () => {
      const { server } = await start({ origins: [FRIEND] })
      const preflight = (origin: string) =>
        send(server, '/flag', {
          method: 'OPTIONS',
          headers: {
            origin,
            'sec-fetch-site': 'cross-site',
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'content-type',
          },
        })
      const friend = await preflight(FRIEND)
      expect([200, 204]).toContain(friend.status)
      expect(friend.headers.get('access-control-allow-origin')).toBe(FRIEND)
      expect(friend.headers.get('access-control-allow-methods')).toMatch(/POST/)
      expect(friend.headers.get('access-control-allow-headers')).toMatch(/content-type/i)
      const stranger = await preflight('https://evil.example')
      expect(stranger.headers.has('access-control-allow-origin')).toBe(false)
      const { id } = await calculate(server)
      const answers: Answer[] = [
        await send(server, '/flag', postJSON({ id }, { origin: FRIEND })),
        await send(server, '/flag', postJSON({ id: 'x' }, { origin: FRIEND })),
        await send(server, '/flag', { headers: { origin: FRIEND } }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([201, 404, 200])
      for (const { headers } of answers) {
        expect(headers.get('access-control-allow-origin')).toBe(FRIEND)
        expect(headers.get('vary')).toMatch(/origin/i)
      }
    })

    test('none are granted anything by default', async () => {
      const { server } = await start({})
      const answers = [
        await send(server, '/flag', { headers: { origin: FRIEND } }),
        await send(server, '/flag', {
          method: 'OPTIONS',
          headers: { origin: FRIEND, 'access-control-request-method': 'POST' },
        }),
      ]
      for (const { headers } of answers) {
        const granted = [...headers.keys()].filter((name) => name.startsWith('access-control'))
        expect(granted).toEqual([])
      }
    })

    test('the host keeps its own routes as open as they were', async () => {
      const { server } = await start({})
      const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
      const answer = await send(server, '/calculate', postJSON(sample, headers))
      expect([answer.status, answer.json()]).toEqual([200, 12])
      const image = { method: 'POST', headers, body: new Uint8Array(png(1)) }
      expect((await send(server, '/nowhere', image)).status).toBe(404)
    })
  })
}

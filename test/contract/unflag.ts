import {
  CSVLogger,
  type FlaggingCallback,
  type FlaggingOptions,
  SimpleCSVLogger,
} from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, type Entry, fieldsOf, route, type Server, use } from './host.ts'
import { png } from './png.ts'
import { deferred, flag, postJSON, recordsOf, rowsOf, send } from './wire.ts'
import { World } from './world.ts'

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }
const UNKNOWN = 'AAAAAAAAAAAAAAAAAAAAAA'
const FRIEND = 'https://friend.example'

/** Waits before it stores or deletes. */
class Slow extends CSVLogger {
  flagging: Promise<unknown> = Promise.resolve()
  removing: Promise<unknown> = Promise.resolve()
  readonly flagged = deferred()
  readonly removed = deferred()

  override async flag(...given: Parameters<CSVLogger['flag']>): Promise<number> {
    this.flagged.resolve()
    await this.flagging
    return super.flag(...given)
  }

  override async remove(...given: Parameters<CSVLogger['remove']>): Promise<number> {
    this.removed.resolve()
    await this.removing
    return super.remove(...given)
  }
}

/** Flags that are taken back: by whom, until when, and what is left. */
export function unflagContract(adapter: Adapter): void {
  const start = async (options: FlaggingOptions<object> = { inputs }, ...more: Entry[]) => {
    const world = await World.make(adapter)
    const mounted = world.flagging(options)
    const server = await world.serve(
      use(mounted),
      ...more,
      route('POST /calculate', api.calculator),
      route('POST /sepia', api.sepiaTone),
    )
    return { world, server, mounted }
  }
  const calculate = (server: Server, num1 = 5, headers = {}) =>
    send(server, '/calculate', postJSON({ ...sample, num1 }, headers))
  const unflag = (server: Server, id: string | null, headers = {}) =>
    send(server, `/flag/${id}`, { method: 'DELETE', headers })
  const username = (target: object) => adapter.headerOf(target, 'x-user')
  const by = (name: string) => ({ 'x-user': name })

  describe('flags that are taken back', () => {
    test('are gone with their files, and may be given again', async () => {
      const { world, server } = await start({ inputs: ['im'] })
      const headers = { 'content-type': 'image/png' }
      const body = new Uint8Array(png(1))
      const { id } = await send(server, '/sepia', { method: 'POST', headers, body })
      expect((await unflag(server, id)).json()).toEqual({ deleted: 0 })
      await flag(server, id)
      const undone = await unflag(server, id)
      expect([undone.status, undone.json()]).toEqual([200, { deleted: 1 }])
      expect(undone.headers.get('cache-control')).toBe('no-store')
      expect(await world.read()).toBe('im,Output\n')
      expect(await world.files()).toEqual(['logs.csv'])
      expect((await unflag(server, id)).json()).toEqual({ deleted: 0 })
      const again = await flag(server, id)
      expect([again.status, again.json()]).toEqual([201, { count: 1 }])
      expect(await world.read()).toBe('im,Output\nim/1.png,Output/1.png\n')
    })

    test('are all that one gave of the interaction, and of no other', async () => {
      const { world, server } = await start({ inputs, options: ['Bad', 'Good'], comment: true })
      const [one, other] = [await calculate(server), await calculate(server)]
      for (const option of ['Bad', 'Good']) {
        for (const { id } of [one, other]) await flag(server, id, { option })
      }
      await flag(server, one.id, { option: 'Bad', comment: 'why' })
      expect((await unflag(server, one.id)).json()).toEqual({ deleted: 3 })
      expect(recordsOf(await world.read()).map((row) => row['flag_option'])).toEqual([
        'Bad',
        'Good',
      ])
      expect((await unflag(server, other.id)).json()).toEqual({ deleted: 2 })
    })

    test('lie in the folder of their endpoint', async () => {
      const { world, server } = await start({})
      const { id } = await calculate(server)
      await flag(server, id)
      expect((await unflag(server, id)).json()).toEqual({ deleted: 1 })
      expect(rowsOf(await world.read('calculate/logs.csv'))).toHaveLength(1)
    })

    test('are awaited where they are in flight; what is given meanwhile is new', async () => {
      const callback = new Slow()
      const { world, server } = await start({ inputs, callback })
      const { id } = await calculate(server)
      const [stored, removed] = [deferred(), deferred()]
      callback.flagging = stored.promise
      callback.removing = removed.promise
      const first = flag(server, id)
      await callback.flagged.promise
      const undone = unflag(server, id)
      stored.resolve()
      expect((await first).status).toBe(201)
      await callback.removed.promise
      const again = flag(server, id)
      removed.resolve()
      expect((await undone).json()).toEqual({ deleted: 1 })
      expect((await again).status).toBe(201)
      expect(rowsOf(await world.read())).toHaveLength(2)
    })

    test('many times at once are deleted once', async () => {
      const { server } = await start()
      const { id } = await calculate(server)
      await flag(server, id)
      const answers = await Promise.all(Array.from({ length: 20 }, () => unflag(server, id)))
      const counts = answers.map((answer) => answer.json<{ deleted: number }>().deleted)
      expect(counts.toSorted((a, b) => b - a)).toEqual([1, ...Array.from({ length: 19 }, () => 0)])
    })

    test('are refused where they are somebody else’s, as if there were no such id', async () => {
      const { world, server } = await start({ inputs, username })
      const ofAnn = await calculate(server, 5, by('ann'))
      const ofNobody = await calculate(server)
      await send(server, '/flag', postJSON({ id: ofAnn.id }, by('ann')))
      await send(server, '/flag', postJSON({ id: ofNobody.id }, by('bob')))
      const refused = [
        await unflag(server, UNKNOWN, by('bob')),
        await unflag(server, ofAnn.id, by('bob')),
        await unflag(server, ofNobody.id, by('ann')),
        await unflag(server, ofNobody.id),
        // Anonymous where she is known, and nobody has flagged it.
        await unflag(server, ofAnn.id),
        await flag(server, UNKNOWN),
      ]
      expect(refused.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404])
      expect(new Set(refused.map(({ text }) => text)).size).toBe(1)
      const heads = refused.map(({ headers }) => [...headers.keys()].toSorted().join())
      expect(new Set(heads).size).toBe(1)
      expect(rowsOf(await world.read())).toHaveLength(3)
      expect((await unflag(server, ofAnn.id, by('ann'))).json()).toEqual({ deleted: 1 })
      expect((await unflag(server, ofNobody.id, by('bob'))).json()).toEqual({ deleted: 1 })
    })

    test('of several users are those of whoever asks', async () => {
      const { world, server } = await start({ inputs, username })
      const { id } = await calculate(server)
      for (const name of ['ann', 'bob']) {
        await send(server, '/flag', postJSON({ id }, by(name)))
      }
      await flag(server, id)
      expect((await unflag(server, id, by('bob'))).json()).toEqual({ deleted: 1 })
      expect(recordsOf(await world.read()).map((row) => row['username'])).toEqual(['ann', ''])
      expect((await unflag(server, id)).json()).toEqual({ deleted: 1 })
      expect(recordsOf(await world.read()).map((row) => row['username'])).toEqual(['ann'])
    })

    test('stay where they could not be deleted, and may be taken back later', async () => {
      const callback = new Slow()
      const { world, server } = await start({ inputs, callback })
      const { id } = await calculate(server)
      await flag(server, id)
      callback.removing = Promise.reject(new Error('/secret/path is full'))
      callback.removing.catch(() => undefined)
      const failed = await unflag(server, id)
      expect([failed.status, failed.json<{ code: string }>().code]).toEqual([503, 'unavailable'])
      expect(failed.text).not.toMatch(/secret/)
      expect(world.errors.splice(0)).toHaveLength(1)
      const again = await flag(server, id)
      expect([again.status, again.json()]).toEqual([200, { count: 1 }])
      callback.removing = Promise.resolve()
      expect((await unflag(server, id)).json()).toEqual({ deleted: 1 })
    })

    test('are of an interaction that has ended', async () => {
      const end = deferred()
      const entry = route(
        'POST /slow',
        api.reading({
          headers: [['content-type', 'text/plain']],
          body: async (out) => {
            await out.write('first ')
            await end.promise
          },
        }),
      )
      const { server } = await start({}, entry)
      const response = await server.request('/slow', postJSON({ q: 1 }))
      const early = await unflag(server, response.headers.get('flagging-id'))
      expect([early.status, early.headers.get('retry-after')]).toEqual([409, '1'])
      end.resolve()
      await response.text()
    })

    test('are none in auto mode; in never mode the address is the host’s', async () => {
      const { server } = await start({ inputs, mode: 'auto' })
      const answer = await unflag(server, UNKNOWN)
      expect([answer.status, answer.json<{ code: string }>().code]).toEqual([404, 'mode_auto'])
      expect((await send(server, '/flag')).json()).toMatchObject({ canUndo: false })
      const mine = route('DELETE /flag/:id', async () => answerJSON('mine'))
      const { server: never } = await start({ inputs, mode: 'never' }, mine)
      expect((await unflag(never, UNKNOWN)).json()).toBe('mine')
      expect((await send(never, '/flag')).json()).toMatchObject({ canUndo: false })
    })

    test('need a callback that deletes, which is told before anything is flagged', async () => {
      const callback: FlaggingCallback = new SimpleCSVLogger()
      const { world, server } = await start({ inputs, callback })
      const { id } = await calculate(server)
      await flag(server, id)
      const answers = [await unflag(server, id), await unflag(server, UNKNOWN)]
      for (const { status, headers, json } of answers) {
        expect([status, headers.get('allow')]).toEqual([405, ''])
        expect(json()).toMatchObject({ code: 'cannot_unflag' })
      }
      expect((await send(server, '/flag')).json()).toMatchObject({ canUndo: false })
      expect(rowsOf(await world.read('log.csv'))).toHaveLength(1)
    })

    test('make no callback that nobody needs', async () => {
      let made = 0
      const callback = () => {
        made++
        return new CSVLogger()
      }
      const { server } = await start({ callback })
      expect((await send(server, '/flag')).json()).toMatchObject({ canUndo: true })
      expect((await send(server, '/flag')).json()).toMatchObject({ canUndo: true })
      const { id } = await calculate(server)
      await flag(server, id)
      expect((await unflag(server, id)).json()).toEqual({ deleted: 1 })
      expect(made).toBe(1)
    })

    test('are asked for with DELETE, by who may flag, from where one may', async () => {
      const authorize = (target: object) => adapter.headerOf(target, 'x-user') !== 'eve'
      const { server } = await start({ inputs, authorize, origins: [FRIEND] })
      const { id } = await calculate(server)
      await flag(server, id)
      const wrong = await send(server, `/flag/${id}`)
      expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'DELETE'])
      const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
      for (const headers of [by('eve'), foreign, { origin: 'null' }]) {
        expect((await unflag(server, id, headers)).status).toBe(403)
      }
      const preflight = await send(server, `/flag/${id}`, {
        method: 'OPTIONS',
        headers: { origin: FRIEND, 'access-control-request-method': 'DELETE' },
      })
      expect(preflight.headers.get('access-control-allow-methods')).toBe('DELETE')
      const undone = await unflag(server, id, { origin: FRIEND })
      expect(undone.json()).toEqual({ deleted: 1 })
      expect(undone.headers.get('access-control-allow-origin')).toBe(FRIEND)
    })

    test('have ids: other addresses are the host’s', async () => {
      const { server } = await start(
        { inputs },
        route('DELETE /flag/mine', async () => answerJSON(1)),
      )
      expect((await unflag(server, 'mine')).json()).toBe(1)
      expect((await unflag(server, `${UNKNOWN}A`)).status).toBe(404)
      expect((await unflag(server, `${UNKNOWN}A`)).text).not.toMatch(/not_found/)
    })
  })

  describe('flags that the host takes back', () => {
    test('are those of an id, or of a handler’s own interaction', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({ mode: 'manual', username })
      const { flagging } = mounted
      const undone: Promise<number>[] = []
      const server = await world.serve(
        use(mounted),
        route('POST /ask', async (request) => {
          const { q } = await fieldsOf(request)
          void flagging.flag(request.target)
          if (q === 'never mind') undone.push(flagging.unflag(request.target))
          return answerJSON({ answer: 1 })
        }),
      )
      const kept = await send(server, '/ask', postJSON({ q: 'mind' }, by('ann')))
      await send(server, '/ask', postJSON({ q: 'never mind' }, by('ann')))
      expect(await Promise.all(undone)).toEqual([1])
      expect(recordsOf(await world.read('ask/logs.csv')).map(({ q }) => q)).toEqual(['mind'])
      const id = kept.id ?? ''
      const foreign = flagging.unflag(id, { username: 'bob' })
      await expect(foreign).rejects.toMatchObject({ code: 'ERR_FLAGGING_NOT_FOUND' })
      world.errors.splice(0)
      expect(await flagging.unflag(id, { username: 'ann' })).toBe(1)
      expect(await flagging.unflag(id, { username: 'ann' })).toBe(0)
    })

    test('in auto mode leave no row of the interaction', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({ mode: 'auto' })
      const counts: Promise<number>[] = []
      const server = await world.serve(
        use(mounted),
        route('POST /ask', async (request) => {
          const { q } = await fieldsOf(request)
          if (q === 2) counts.push(mounted.flagging.flag(request.target))
          counts.push(mounted.flagging.unflag(request.target))
          return answerJSON({ answer: 1 })
        }),
      )
      for (const q of [1, 2, 3]) await send(server, '/ask', postJSON({ q }))
      expect(await Promise.all(counts)).toEqual([0, expect.any(Number), 1, 0])
      await world.flush()
      expect(recordsOf(await world.read('ask/logs.csv')).map(({ q }) => q)).toEqual(['1', '3'])
    })
  })
}

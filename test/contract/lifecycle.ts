import type { FlaggingCallback, FlaggingOptions } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, route, type Server, use } from './host.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import { deferred, flag, postJSON, rowsOf, send, until } from './wire.ts'

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }

/** flush, stats and close. */
export function lifecycleContract(adapter: Adapter): void {
  const start = async (options: FlaggingOptions<object>) => {
    const world = await World.make(adapter)
    const mounted = world.flagging({ inputs, ...options })
    const server = await world.serve(use(mounted), route('POST /calculate', api.calculator))
    return { world, server, flagging: mounted.flagging }
  }
  const calculate = (server: Server) => send(server, '/calculate', postJSON(sample))

  describe('flush, stats and close', () => {
    test('after flush all that was answered is on the disk', async () => {
      const { world, server, flagging } = await start({ mode: 'auto' })
      await Promise.all(Array.from({ length: 100 }, () => calculate(server)))
      await flagging.flush()
      expect(rowsOf(await world.read())).toHaveLength(101)
      expect(flagging.stats()).toEqual({
        pending: 0,
        stored: 100,
        failed: 0,
        dropped: 0,
        held: 0,
        memoryBytes: 0,
        spillBytes: 0,
      })
    })

    test('after close as well; then nothing is captured or flagged, and the host goes on', async () => {
      const { world, server, flagging } = await start({ mode: 'auto' })
      await Promise.all(Array.from({ length: 50 }, () => calculate(server)))
      await flagging.close()
      expect(rowsOf(await world.read())).toHaveLength(51)
      expect((await calculate(server)).json()).toBe(12)
      await flagging.flush()
      expect(rowsOf(await world.read())).toHaveLength(51)
      await expect(flagging.flag('AAAAAAAAAAAAAAAAAAAAAA')).rejects.toMatchObject({
        code: 'ERR_FLAGGING_CLOSED',
      })
    })

    test('close lets go of what is held; the flag route says so', async () => {
      const { world, server, flagging } = await start({})
      const { id } = await calculate(server)
      expect(flagging.stats()).toMatchObject({ held: 1, stored: 0 })
      expect(flagging.stats().memoryBytes).toBeGreaterThan(0)
      await flagging.close()
      expect(flagging.stats()).toMatchObject({ held: 0, memoryBytes: 0 })
      expect((await flag(server, id)).status).toBe(503)
      expect((await calculate(server)).id).toBeNull()
      expect(await world.files()).toEqual([])
    })

    test('recorded bytes are given back when all is over, however tight the caps were', async () => {
      const world = await World.make(adapter)
      const limits = { heldBytes: 2 * 1024 * 1024, spillBytes: 4 * 1024 * 1024 }
      const mounted = world.flagging({ limits })
      const server = await world.serve(use(mounted), route('POST /echo', api.echo))
      const body = new Uint8Array(png(9, 500))
      const headers = { 'content-type': 'image/png' }
      for (let round = 0; round < 2; round++) {
        await Promise.all(
          Array.from({ length: 6 }, () => send(server, '/echo', { method: 'POST', headers, body })),
        )
      }
      await mounted.flagging.close()
      // Spill files are closed a little later.
      const { stats } = mounted.flagging
      await until(() => stats().spillBytes === 0)
      expect(stats()).toMatchObject({ held: 0, memoryBytes: 0, spillBytes: 0 })
    })

    test('what cannot be flagged is not kept', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({})
      const server = await world.serve(
        use(mounted),
        route('POST /failing', api.failing),
        route('POST /throwing', api.throwing),
        route('GET /health', api.health),
      )
      const story = 'x'.repeat(300_000)
      for (const path of ['/failing', '/throwing', '/nowhere']) {
        expect((await send(server, path, postJSON({ story }))).id).toBeNull()
      }
      await send(server, '/health')
      const { stats } = mounted.flagging
      await until(() => stats().memoryBytes === 0 && stats().spillBytes === 0)
      expect(stats().held).toBe(0)
    })

    test('stats tell what waits, and the queue has a bound that is reported', async () => {
      const release = deferred()
      const callback: FlaggingCallback = {
        setup: () => {},
        flag: () => release.promise.then(() => 1),
      }
      const { world, server, flagging } = await start({
        mode: 'auto',
        callback,
        limits: { queue: 3 },
      })
      for (let count = 0; count < 5; count++) expect((await calculate(server)).status).toBe(200)
      expect(flagging.stats()).toMatchObject({ pending: 3, stored: 0, dropped: 2 })
      release.resolve()
      await flagging.flush()
      expect(flagging.stats()).toMatchObject({ pending: 0, stored: 3, dropped: 2 })
      expect(world.errors).toEqual([expect.objectContaining({ code: 'ERR_FLAGGING_QUEUE_FULL' })])
    })

    test('a restart goes on where the last process was', async () => {
      const world = await World.make(adapter)
      for (const round of [1, 2]) {
        const mounted = world.flagging({ inputs })
        const server = await world.serve(use(mounted), route('POST /calculate', api.calculator))
        const flagged = await flag(server, (await calculate(server)).id)
        expect(flagged.json()).toEqual({ count: round })
        await mounted.flagging.close()
      }
      expect(await world.read()).toBe('num1,operation,num2,Output\n5,add,7,12\n5,add,7,12\n')
    })

    test('a changed header opens another log, and goes back to its own', async () => {
      const world = await World.make(adapter)
      for (const more of [{}, { options: ['Bad'] }, {}]) {
        const mounted = world.flagging({ inputs, ...more })
        const server = await world.serve(use(mounted), route('POST /calculate', api.calculator))
        const { id } = await calculate(server)
        await flag(server, id, 'options' in more ? { option: 'Bad' } : {})
        await mounted.flagging.close()
      }
      expect(await world.files()).toEqual(['logs.csv', 'logs2.csv'])
      expect(rowsOf(await world.read())).toHaveLength(3)
      expect(await world.read('logs2.csv')).toBe(
        'num1,operation,num2,Output,flag_option\n5,add,7,12,Bad\n',
      )
    })

    test('what no disk can take is reported, counted, and no failure of the host', async () => {
      const { world, server, flagging } = await start({
        mode: 'auto',
        limits: { minFreeBytes: Number.MAX_SAFE_INTEGER },
      })
      const answer = await calculate(server)
      expect([answer.status, answer.json()]).toEqual([200, 12])
      await flagging.flush()
      expect(flagging.stats()).toMatchObject({ stored: 0, failed: 1 })
      expect(world.errors).toEqual([expect.objectContaining({ code: 'ERR_FLAGGING_DISK_FULL' })])
      expect(await world.files()).toEqual([])
    })
  })
}

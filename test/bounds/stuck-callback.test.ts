import { Agent } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { repeat, send } from './clients.ts'
import { ANY_FRAMEWORK, HostProcess } from './host-process.ts'
import { KIB, MIB, TIMEOUT, times } from './scale.ts'

const QUEUE = 100

test(
  'a callback that never settles holds up to the cap of the queue, and close comes back',
  async () => {
    const host = await HostProcess.start(ANY_FRAMEWORK, 'auto', {
      callback: 'stuck',
      options: { limits: { queue: QUEUE } },
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    onTestFinished(async () => {
      agent.destroy()
      await host.kill()
    })
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ text: 'x'.repeat(4 * KIB) })
    const load = (count: number) =>
      repeat(count, 8, async () => {
        expect((await send(host.port, '/upload', { headers, body, agent })).status).toBe(200)
      })
    await load(4 * QUEUE)
    const before = await host.ask('reading')
    const count = times(1500, 50_000)
    await load(count)
    const after = await host.ask('reading')
    const dropped = 3 * QUEUE + count
    expect(await host.ask('stats')).toMatchObject({ pending: QUEUE, stored: 0, dropped })
    expect(after.heap - before.heap).toBeLessThan(2 * MIB)
    expect(after.requests).toBeLessThan(20)
    expect(await host.ask('close')).toBe(true)
    expect((await send(host.port, '/health', { method: 'GET' })).status).toBe(200)
    const { reported } = await host.ask('faults')
    // Told once a second, not once a drop.
    expect(reported['ERR_FLAGGING_QUEUE_FULL']).toBeLessThan(dropped / 4)
    await host.end({ ERR_FLAGGING_QUEUE_FULL: reported['ERR_FLAGGING_QUEUE_FULL'] as number })
  },
  TIMEOUT,
)

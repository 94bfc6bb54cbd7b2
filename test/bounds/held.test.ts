import { Agent } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RawClient, eventually, repeat, send } from './clients.ts'
import { ANY_FRAMEWORK, HostProcess } from './host-process.ts'
import type { Flagged } from './protocol.ts'
import { KIB, MIB, TIMEOUT, times } from './scale.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

async function start(flagged: Flagged, limits: Record<string, number>): Promise<HostProcess> {
  const host = await HostProcess.start(ANY_FRAMEWORK, flagged, { options: { limits } })
  onTestFinished(() => host.kill())
  return host
}

describe('interactions that nobody flags', () => {
  test(
    'are held up to the caps, however many there are, and are gone after close',
    async () => {
      const limits = {
        held: times(1000, 50_000),
        heldBytes: times(2, 64) * MIB,
        spillBytes: times(3, 256) * MIB,
      }
      const host = await start('manual', limits)
      const agent = new Agent({ keepAlive: true, maxSockets: 8 })
      onTestFinished(() => agent.destroy())
      const small = { headers: JSON_TYPE, body: JSON.stringify({ text: 'x'.repeat(200) }), agent }
      const large = {
        headers: JSON_TYPE,
        body: JSON.stringify({ text: 'x'.repeat(300_000) }),
        agent,
      }
      const before = await host.ask('reading')
      await repeat(times(3000, 100_000), 8, async (nth) => {
        const { status } = await send(host.port, '/upload', nth % 50 === 0 ? large : small)
        expect(status).toBe(200)
        if (nth % times(200, 5000) !== 0) return
        const { held, memoryBytes, spillBytes } = await host.ask('stats')
        expect(held).toBeLessThanOrEqual(limits.held)
        expect(memoryBytes).toBeLessThanOrEqual(limits.heldBytes)
        expect(spillBytes).toBeLessThanOrEqual(limits.spillBytes)
      })
      const full = await host.ask('reading')
      expect((await host.ask('stats')).held).toBeGreaterThan(limits.held / 4)
      // A kibibyte of each is counted for what surrounds its bodies; let it be three.
      expect(full.heap - before.heap).toBeLessThan(
        limits.heldBytes + limits.held * 3 * KIB + 4 * MIB,
      )
      expect(full.requests).toBeLessThan(20)
      agent.destroy()
      await host.ask('close')
      await host.ask('quiet')
      const after = await host.ask('reading')
      expect(await host.ask('stats')).toMatchObject({ held: 0, memoryBytes: 0, spillBytes: 0 })
      expect([after.unnamed, after.temporary]).toEqual([0, []])
      expect(after.heap - before.heap).toBeLessThan(4 * MIB)
      await host.end()
    },
    TIMEOUT,
  )
})

describe('files of large bodies', () => {
  test.each(['manual', 'auto'] as const)(
    'have a bounded number of descriptors in %s mode, and none when their clients have left',
    async (flagged) => {
      const host = await start(flagged, {})
      const before = await host.ask('reading')
      const clients: RawClient[] = []
      const piece = Buffer.alloc(300 * KIB, 'x')
      await repeat(320, 20, async () => {
        const headers = { ...JSON_TYPE, 'content-length': 2 * piece.length }
        const client = await RawClient.open(host.port, '/upload', headers)
        clients.push(client)
        await client.write(piece)
      })
      const sent = clients.reduce((sum, { socket }) => sum + socket.bytesWritten, 0)
      await eventually(
        () => host.ask('source'),
        ({ received }) => received === sent,
      )
      const open = await eventually(
        () => host.ask('reading'),
        ({ unnamed }) => unnamed === -1 || unnamed >= 200,
      )
      expect(open.unnamed).toBeLessThanOrEqual(256)
      expect((await send(host.port, '/health', { method: 'GET' })).status).toBe(200)
      await Promise.all(clients.map((client) => client.leave()))
      await host.ask('quiet')
      const after = await eventually(
        () => host.ask('reading'),
        ({ descriptors }) => descriptors <= before.descriptors,
      )
      expect([after.unnamed, after.temporary]).toEqual([before.unnamed, []])
      await host.end()
    },
    TIMEOUT,
  )
})

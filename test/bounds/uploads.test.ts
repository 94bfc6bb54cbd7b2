import { describe, expect, test } from 'vitest'
import { RawClient, eventually, repeat } from './clients.ts'
import { FRAMEWORKS } from './host-process.ts'
import { JUDGES_CPU, KIB, MIB, TIMEOUT, times } from './scale.ts'
import { flaggedOf, startTrio } from './trio.ts'

describe.each(FRAMEWORKS)('an upload to %s', (name) => {
  const trio = startTrio(name, { options: { limits: { held: 20 } } })

  test.each([
    ['at once', '/refuse', 401],
    ['after a part of it', '/limited', 413],
  ])(
    'that is refused %s costs what it costs without us, and is answered as soon',
    async (_, path, status) => {
      const size = times(32, 400) * MIB
      const piece = Buffer.alloc(MIB, 'x')
      const seen = await trio.each(async (host) => {
        const before = await host.ask('reading')
        const client = await RawClient.open(host.port, path, {
          'content-type': 'image/png',
          'content-length': size,
        })
        // All that the handler wants to see before it answers, and not a byte more.
        await client.write(Buffer.alloc(path === '/refuse' ? 64 * KIB : MIB, 'x'))
        await client.readUntil(1)
        while (client.socket.bytesWritten < size && !client.isOver) await client.write(piece)
        const { bytesWritten } = client.socket
        const { memoryBytes, spillBytes } = await host.ask('stats')
        await client.leave()
        await host.ask('quiet')
        const after = await host.ask('reading')
        return {
          head: client.head.slice(0, 12),
          accepted: bytesWritten,
          kept: memoryBytes + spillBytes,
          heap: after.heap - before.heap,
          rss: after.peak - before.peak,
          cpu: after.cpu - before.cpu,
        }
      })
      const { bare } = seen
      for (const { head, accepted, kept, heap, rss, cpu } of flaggedOf(seen)) {
        expect(head).toBe(`HTTP/1.1 ${status}`)
        expect(accepted).toBeLessThan(bare.accepted + 8 * MIB)
        // Nothing of it can become a sample.
        expect(kept).toBeLessThan(4 * MIB)
        expect(heap).toBeLessThan(Math.max(0, bare.heap) + 4 * MIB)
        expect(rss).toBeLessThan(Math.max(0, bare.rss) + 32 * MIB)
        expect(cpu).toBeLessThan(JUDGES_CPU ? 3 * bare.cpu + 500 : Number.POSITIVE_INFINITY)
      }
    },
    TIMEOUT,
  )

  test(
    'that comes byte by byte, five hundred times at once, has a small buffer and no timer each',
    async () => {
      const count = 500
      const seen = await trio.each(async (host) => {
        await host.ask('quiet')
        const before = await host.ask('reading')
        const clients: RawClient[] = []
        await repeat(count, 50, async () => {
          const headers = { 'content-type': 'application/json', 'content-length': 10_000 }
          clients.push(await RawClient.open(host.port, '/upload', headers))
        })
        for (let byte = 0; byte < times(5, 60); byte++) {
          await Promise.all(clients.map((client) => client.write('x')))
        }
        const sent = clients.reduce((sum, { socket }) => sum + socket.bytesWritten, 0)
        await eventually(
          () => host.ask('source'),
          ({ received }) => received === sent,
        )
        const during = await host.ask('reading')
        await Promise.all(clients.map((client) => client.leave()))
        await host.ask('quiet')
        const after = await host.ask('reading')
        return {
          each: (during.heap - before.heap) / count,
          timers: during.timers - before.timers,
          descriptors: during.descriptors - before.descriptors,
          requests: after.requests,
        }
      })
      for (const { each, timers, descriptors, requests } of flaggedOf(seen)) {
        expect(each - seen.bare.each).toBeLessThan(16 * KIB)
        expect(timers).toBe(seen.bare.timers)
        expect(descriptors).toBe(seen.bare.descriptors)
        expect(requests).toBeLessThanOrEqual(seen.bare.requests + 10)
      }
    },
    TIMEOUT,
  )
})

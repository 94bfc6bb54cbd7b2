import { describe, expect, test } from 'vitest'
import { RawClient, eventually, settled } from './clients.ts'
import { FRAMEWORKS, type HostProcess } from './host-process.ts'
import { KIB, MIB, TIMEOUT, times } from './scale.ts'
import { flaggedOf, startTrio } from './trio.ts'

const CHUNK = 64 * KIB
/** Recorded of one body here, so that streams are soon longer than that. */
const CAP = 4 * MIB

/** Resolves when every stream has been ended or cancelled. */
async function allOver(host: HostProcess): Promise<void> {
  await eventually(
    () => host.ask('source'),
    ({ opened, over }) => opened === over,
  )
}

describe.each(FRAMEWORKS)('a streamed answer of %s', (name) => {
  const trio = startTrio(name, { options: { limits: { bodyBytes: CAP, held: 20 } } })

  test.each([
    ['piped', '/pipe'],
    ['written', '/write'],
  ])(
    'that is %s stops as soon as without us where a client reads nothing, and is closed when it leaves',
    async (_, path) => {
      const seen = await trio.each(async (host) => {
        const before = await host.ask('reading')
        const { produced } = await host.ask('source')
        const client = await RawClient.open(host.port, `${path}?size=${CHUNK}&count=9600`)
        await eventually(
          () => host.ask('source'),
          ({ queued }) => queued > 0,
        )
        const stalled = await settled(() => host.ask('source'))
        const during = await host.ask('reading')
        await client.leave()
        await allOver(host)
        return {
          taken: stalled.produced - produced,
          queued: stalled.queued,
          after: (await host.ask('source')).produced - stalled.produced,
          heap: during.heap - before.heap,
          rss: during.rss - before.rss,
        }
      })
      const { bare } = seen
      // Far from the 600 MiB that there are: mostly the system's own buffers.
      expect(bare.taken).toBeLessThan(32 * MIB)
      for (const { taken, queued, after, heap, rss } of flaggedOf(seen)) {
        expect(queued).toBeLessThanOrEqual(bare.queued + CHUNK)
        // How much the system takes depends a little on when it is asked.
        expect(Math.abs(taken - bare.taken)).toBeLessThanOrEqual(8 * CHUNK)
        expect(after).toBeLessThanOrEqual(bare.after + CHUNK)
        expect(heap).toBeLessThan(8 * MIB)
        expect(rss).toBeLessThan(16 * MIB + Math.max(0, bare.rss))
      }
    },
    TIMEOUT,
  )

  test.each([
    ['events', '/pipe'],
    ['events', '/write'],
    ['lines', '/write'],
  ])(
    'of %s without end (%s) holds no more once the cap is reached, and is closed when the client leaves',
    async (kind, path) => {
      const seen = await trio.each(async (host) => {
        const client = await RawClient.open(host.port, `${path}?kind=${kind}&size=${16 * KIB}`)
        await client.readUntil(2 * CAP)
        const early = await host.ask('reading')
        await client.readUntil(times(12, 100) * CAP)
        const late = await host.ask('reading')
        const { memoryBytes } = await host.ask('stats')
        await client.leave()
        await allOver(host)
        return { grown: late.heap - early.heap, memoryBytes }
      })
      const bare = Math.max(0, seen.bare.grown)
      for (const { grown, memoryBytes } of flaggedOf(seen)) {
        // What lies between the chunk and its file may lie there twice, and a busy disk lets some more
        // wait; all that passed is more than twice that.
        expect(grown).toBeLessThan(bare + 4 * CAP)
        // At most what is on its way to a file.
        expect(memoryBytes).toBeLessThan(CAP + MIB)
      }
    },
    TIMEOUT,
  )

  test(
    'of very many small chunks makes no promise for each',
    async () => {
      const count = times(20_000, 100_000)
      const seen = await trio.each(async (host) => {
        const query = `kind=lines&size=10&count=${count}`
        const before = await host.ask('reading')
        await host.ask('countPromises')
        const client = await RawClient.open(host.port, `/pipe?${query}`)
        await eventually(
          async () => {
            await client.readUntil(client.read + 1)
            return host.ask('source')
          },
          ({ opened, over }) => opened === over,
        )
        const promises = await host.ask('promises')
        await client.leave()
        await host.ask('quiet')
        const after = await host.ask('reading')
        return { promises, peak: after.peak - before.peak, heap: after.heap - before.heap }
      })
      for (const { promises, peak, heap } of flaggedOf(seen)) {
        expect(promises - seen.bare.promises).toBeLessThan(count / 10)
        expect(peak).toBeLessThan(Math.max(0, seen.bare.peak) + 128 * MIB)
        expect(heap).toBeLessThan(4 * MIB)
      }
    },
    TIMEOUT,
  )
})

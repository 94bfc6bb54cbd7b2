import { Agent } from 'node:http'
import { describe, expect, test } from 'vitest'
import { RawClient, eventually, repeat, send } from './clients.ts'
import { FRAMEWORKS, type HostProcess } from './host-process.ts'
import type { Reading } from './protocol.ts'
import { KIB, MIB, TIMEOUT, times } from './scale.ts'
import { flaggedOf, startTrio } from './trio.ts'

const HELD = 20
/** Large enough that it has been moved to a file before its end. */
const FORM = Buffer.from(
  `--X\r\nContent-Disposition: form-data; name="im"; filename="a.png"\r\n\r\n${'x'.repeat(600 * KIB)}\r\n--X--\r\n`,
)
const FORM_TYPE = { 'content-type': 'multipart/form-data; boundary=X' }
const JSON_TYPE = { 'content-type': 'application/json' }

async function leaveUploadAt(host: HostProcess, share: number): Promise<void> {
  const headers = { ...FORM_TYPE, 'content-length': FORM.length }
  const client = await RawClient.open(host.port, '/upload', headers)
  await client.write(FORM.subarray(0, Math.floor(FORM.length * share)))
  await client.leave()
}

async function leaveStream(host: HostProcess, path: string): Promise<void> {
  const client = await RawClient.open(host.port, `${path}?size=${16 * KIB}`)
  await client.readUntil(100_000)
  await client.leave()
}

/** A client that leaves where nothing has been answered yet, or all of it. */
async function leaveSmall(host: HostProcess, path: string, read: number): Promise<void> {
  const client = await RawClient.open(host.port, path, { ...JSON_TYPE, 'content-length': 7 })
  await client.write('{"a":1}')
  await client.readUntil(read)
  await client.leave()
}

/** The points at which clients leave. */
const ABORTS: readonly ((host: HostProcess) => Promise<void>)[] = [
  (host) => leaveUploadAt(host, 0.1),
  (host) => leaveUploadAt(host, 0.5),
  (host) => leaveUploadAt(host, 0.99),
  (host) => leaveSmall(host, '/wait', 0),
  (host) => leaveStream(host, '/pipe'),
  (host) => leaveStream(host, '/write'),
  (host) => leaveSmall(host, '/upload', 1),
]

async function storm(host: HostProcess, count: number): Promise<Reading> {
  await repeat(count, 20, (nth) => (ABORTS[nth % ABORTS.length] as (typeof ABORTS)[0])(host))
  // In `manual` mode what was answered in part may still be flagged, until others take its place.
  const small = { headers: JSON_TYPE, body: '{"a":1}' }
  await repeat(2 * HELD, 4, () => send(host.port, '/upload', small))
  await host.ask('quiet')
  return eventually(
    () => host.ask('reading'),
    ({ unnamed }) => unnamed <= 0,
  )
}

describe.each(FRAMEWORKS)('clients of %s that leave', (name) => {
  const trio = startTrio(name, { options: { limits: { held: HELD } } })

  test(
    'at whatever point leave nothing behind',
    async () => {
      const seen = await trio.each(async (host) => {
        // Whatever is made on first use is made by these.
        await send(host.port, '/upload', { headers: FORM_TYPE, body: FORM })
        const before = await storm(host, times(140, 1400))
        return { before, after: await storm(host, times(280, 12_000)), host }
      })
      const control = Math.max(0, seen.bare.after.heap - seen.bare.before.heap)
      for (const { before, after, host } of flaggedOf(seen)) {
        const { opened, over } = await host.ask('source')
        expect(over).toBe(opened)
        expect(after.requests).toBeLessThanOrEqual(seen.bare.after.requests + 10)
        expect(after.heap - before.heap).toBeLessThan(control + 1.5 * MIB)
        expect(after.listeners).toEqual(before.listeners)
        expect(after.resources).toEqual(before.resources)
        expect(after.threads).toBeLessThanOrEqual(before.threads)
        expect(after.descriptors).toBeLessThanOrEqual(before.descriptors)
        expect(after.temporary).toEqual([])
      }
    },
    TIMEOUT,
  )

  test(
    'let the connection of others have the listeners that it has without us',
    async () => {
      const seen = await trio.each(async (host) => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 })
        try {
          const sent = { headers: JSON_TYPE, body: '{"a":1}', agent }
          await repeat(50, 1, () => send(host.port, '/upload', sent))
          return await host.ask('listenersInHandler')
        } finally {
          agent.destroy()
        }
      })
      const { 'res close': close = 0, ...bare } = seen.bare
      for (const listeners of flaggedOf(seen)) {
        // The one that we have to hear how an answer ended.
        expect(listeners).toEqual({ ...bare, 'res close': close + 1 })
      }
    },
    TIMEOUT,
  )
})

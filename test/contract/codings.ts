import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { CSVLogger } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, bytesOf, route, use } from './host.ts'
import { loaded } from './loaded.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import { send } from './wire.ts'

const TEXT = JSON.stringify({ story: 'Grüße 😀 '.repeat(40), list: [1, 2, 3] })
const FIELDS = JSON.parse(TEXT) as Record<string, unknown>
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x05, 0x29, 0, 0, 1, 2, 3])
const LIMIT = 100_000

interface Case {
  readonly coding?: string
  readonly body: Buffer
  readonly type?: string
  /** By label; a whole body has none. */
  readonly kept: Readonly<Record<string, unknown>>
  readonly truncated?: boolean
}

const CASES: Record<string, Case> = {
  gzip: { coding: 'gzip', body: gzipSync(TEXT), kept: FIELDS },
  zlib: { coding: 'deflate', body: deflateSync(TEXT), kept: FIELDS },
  raw: { coding: 'deflate', body: deflateRawSync(TEXT), kept: FIELDS },
  brotli: { coding: 'br', body: brotliCompressSync(TEXT), kept: FIELDS },
  stacked: { coding: 'gzip, br', body: brotliCompressSync(gzipSync(TEXT)), kept: FIELDS },
  'spelled-oddly': { coding: ' X-GZIP , identity', body: gzipSync(TEXT), kept: FIELDS },
  'plain-though-named': { coding: 'gzip', body: Buffer.from(TEXT), kept: FIELDS },
  'other-than-named': { coding: 'br', body: gzipSync(TEXT), kept: FIELDS },
  'not-named': { body: gzipSync(TEXT), kept: { '': gzipSync(TEXT) } },
  unknown: { coding: 'x-mine', body: Buffer.from(TEXT), kept: FIELDS },
  'cut-off': {
    coding: 'gzip',
    body: gzipSync('x'.repeat(5000), { level: 0 }).subarray(0, 2015),
    type: 'text/plain',
    kept: { '': 'x'.repeat(2000) },
    truncated: true,
  },
  bomb: {
    coding: 'gzip',
    body: gzipSync(Buffer.alloc(LIMIT * 10)),
    kept: { '': gzipSync(Buffer.alloc(LIMIT * 10)) },
  },
  zstd: { coding: 'zstd', body: ZSTD, kept: { '': ZSTD } },
  picture: { coding: 'gzip', body: gzipSync(png(1)), type: 'image/png', kept: { '': png(1) } },
}

/** Bodies under a content coding, both ways: what is stored is what they say. */
export function codingsContract(adapter: Adapter): void {
  const start = async () => {
    const world = await World.make(adapter)
    const callback = () => new CSVLogger({ columns: ['truncated'], fsync: 'none' })
    const limits = { interactionBytes: LIMIT }
    const mounted = world.flagging({ mode: 'auto', callback, limits })
    const answers = Object.entries(CASES).map(([name, { body, coding, type }]) =>
      route(`POST /out/${name}`, async (request) => {
        await bytesOf(request)
        const headers: [string, string][] = [['content-type', type ?? 'application/json']]
        if (coding !== undefined) headers.push(['content-encoding', coding])
        return { headers, body }
      }),
    )
    const questions = Object.keys(CASES).map((name) => route(`POST /in/${name}`, api.sink))
    const server = await world.serve(use(mounted), ...questions, ...answers)
    return { world, server }
  }

  /** What was stored on one side of the interactions, and what should have been. */
  const compared = async (world: World, way: 'in' | 'out') => {
    const samples = await loaded(world)
    const whole = way === 'in' ? 'Input' : 'Output'
    const stored = Object.keys(CASES).map((name) =>
      (samples[`${way}.${name}`] ?? []).map(({ inputs, outputs, details }) => [
        name,
        way === 'in' ? inputs : outputs,
        details.truncated,
      ]),
    )
    const expected = Object.entries(CASES).map(([name, { kept, truncated = false }]) => [
      [
        name,
        Object.fromEntries(Object.entries(kept).map(([label, value]) => [label || whole, value])),
        truncated,
      ],
    ])
    return { stored, expected }
  }

  describe('content codings', () => {
    test('of requests are undone, judged by the bytes', async () => {
      const { world, server } = await start()
      for (const [name, { coding, body, type }] of Object.entries(CASES)) {
        const headers: Record<string, string> = { 'content-type': type ?? 'application/json' }
        if (coding !== undefined) headers['content-encoding'] = coding
        await send(server, `/in/${name}`, { method: 'POST', headers, body: new Uint8Array(body) })
      }
      await world.flush()
      const { stored, expected } = await compared(world, 'in')
      expect(stored).toEqual(expected)
    })

    test('of answers are undone, judged by the bytes', async () => {
      const { world, server } = await start()
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
      for (const name of Object.keys(CASES)) {
        // The client would undo them itself, and fail where they are false.
        const response = await server.request(`/out/${name}`, init).catch(() => undefined)
        await response?.arrayBuffer().catch(() => undefined)
      }
      await world.flush()
      const { stored, expected } = await compared(world, 'out')
      expect(stored).toEqual(expected)
    })
  })
}

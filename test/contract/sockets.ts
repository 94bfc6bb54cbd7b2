import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { CSVLogger, type FlaggingOptions } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import {
  type Adapter,
  answerJSON,
  bytesOf,
  type Entry,
  type Handler,
  type Mounted,
  route,
  routesAt,
  use,
} from './host.ts'
import { World } from './world.ts'
import { answerTo, deferred, open, postJSON, recordsOf, send, until } from './wire.ts'

const MIB = 1024 * 1024

/** Whether nothing that was recorded is kept any longer. */
function isEmpty({ flagging }: Mounted): boolean {
  const { memoryBytes, spillBytes } = flagging.stats()
  return memoryBytes === 0 && spillBytes === 0
}

/** What only sockets can do: bodies in pieces, uploads that break off, answers ahead of uploads. */
export function socketsContract(adapter: Adapter): void {
  const tapped = async (options: FlaggingOptions<object>, ...entries: Entry[]) => {
    const world = await World.make(adapter)
    const mounted = world.flagging(options)
    return { world, mounted, server: await world.serve(use(mounted), ...entries) }
  }

  describe('sockets', () => {
    test.for(['auto', 'manual'] as const)(
      'in %s mode a broken upload leaves nothing',
      async (mode) => {
        const broken = deferred()
        const failing: Handler = async (request) => {
          try {
            return { body: await bytesOf(request) }
          } finally {
            broken.resolve()
          }
        }
        const { world, server, mounted } = await tapped({ mode }, route('POST /upload', failing))
        const headers = { 'content-type': 'image/png', 'content-length': 10 * MIB }
        const request = open(server, 'POST', '/upload', headers)
        request.on('error', () => {})
        request.write(Buffer.alloc(MIB, 1), () => request.destroy())
        await broken.promise
        await until(() => isEmpty(mounted))
        await world.flush()
        expect(await world.files()).toEqual([])
        expect(mounted.flagging.stats()).toMatchObject({ held: 0, pending: 0 })
      },
    )

    test('a body sent in pieces, after a 100 Continue or in chunks, is whole', async () => {
      const { world, server } = await tapped({ mode: 'auto' }, route('POST /echo', api.echo))
      const type = { 'content-type': 'application/json' }
      const expecting = open(server, 'POST', '/echo', { ...type, expect: '100-continue' })
      expecting.flushHeaders()
      await once(expecting, 'continue')
      expecting.end('{"way":"continue"}')
      expect(await answerTo(expecting)).toBe('{"way":"continue"}')
      const chunked = open(server, 'POST', '/echo', type)
      for (const piece of ['{"wa', 'y":"chu', 'nks"}']) {
        await new Promise((written) => chunked.write(piece, written))
      }
      chunked.end()
      expect(await answerTo(chunked)).toBe('{"way":"chunks"}')
      await world.flush()
      const ways = recordsOf(await world.read('echo/logs.csv')).map(({ way }) => String(way))
      expect(ways.toSorted()).toEqual(['chunks', 'continue'])
    })

    test('a posted sample that breaks off leaves nothing, and is no failure of ours', async () => {
      const world = await World.make(adapter)
      const routes = world.flagRoutes({ inputs: ['im'], acceptData: true })
      const server = await world.serve(routesAt('/flag', routes))
      for (const type of ['application/json', 'multipart/form-data; boundary=X']) {
        const headers = { 'content-type': type, 'content-length': 10 * MIB }
        const request = open(server, 'POST', '/flag', headers)
        request.on('error', () => {})
        request.write(Buffer.alloc(MIB, 32))
        await until(() => !isEmpty(routes))
        request.destroy()
        await until(() => isEmpty(routes))
      }
      expect((await send(server, '/flag', postJSON({ data: [1, 2] }))).status).toBe(201)
      expect(await world.files()).toEqual(['logs.csv'])
      expect(routes.flagging.stats()).toMatchObject({ stored: 1, failed: 0, pending: 0 })
      expect(world.errors).toEqual([])
    })

    test('an answer that is given before the upload has come is not held back', async () => {
      const { world, server } = await tapped(
        { mode: 'auto' },
        route('POST /refuse', api.always({ status: 401, body: 'no' })),
      )
      const headers = { 'content-type': 'image/png', 'content-length': 10 * MIB }
      const request = open(server, 'POST', '/refuse', headers)
      request.on('error', () => {})
      request.write(Buffer.alloc(64 * 1024))
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      expect(response.statusCode).toBe(401)
      request.destroy()
      await world.flush()
      expect(await world.files()).toEqual([])
    })

    test('what had not come of an upload when it was answered is told to be missing', async () => {
      const callback = () => new CSVLogger({ columns: ['ended', 'truncated'] })
      const { world, server } = await tapped(
        { mode: 'auto', callback },
        route('POST /accept', api.always({ status: 200, body: 'early' })),
      )
      const headers = { 'content-type': 'text/plain', 'content-length': 10 }
      const request = open(server, 'POST', '/accept', headers)
      request.on('error', () => {})
      request.write('half ')
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      response.resume()
      await world.flush()
      request.destroy()
      const [row] = recordsOf(await world.read('accept/logs.csv'))
      expect(row).toMatchObject({ Output: 'early', ended: 'complete', truncated: 'true' })
      // As much as there was of it.
      expect(['', 'half ', "'half "]).toContain(row?.['Input'] ?? '')
    })

    test('a client that leaves before it is answered harms nobody, and is logged on demand', async () => {
      const arrived = deferred()
      const slow: Handler = async (request) => {
        await bytesOf(request)
        const gone = request.gone()
        arrived.resolve()
        await gone
        return answerJSON({ ok: true })
      }
      const callback = () => new CSVLogger({ columns: ['ended'] })
      const { world, server, mounted } = await tapped(
        { mode: 'auto', when: ({ endpoint }) => endpoint === 'slow', callback },
        route('POST /slow', slow),
        route('POST /sink', api.sink),
      )
      const request = open(server, 'POST', '/slow', { 'content-type': 'application/json' })
      request.on('error', () => {})
      request.end('{"q":1}')
      await arrived.promise
      request.destroy()
      expect((await send(server, '/sink', postJSON({ q: 1 }))).status).toBe(200)
      await until(() => mounted.flagging.stats().stored > 0)
      await world.flush()
      const [record, ...more] = recordsOf(await world.read('slow/logs.csv'))
      expect([record?.['q'], record?.['ended'], more]).toEqual(['1', 'aborted', []])
      await until(() => isEmpty(mounted))
    })

    test('server.close and then close: whatever was answered is stored', async () => {
      const { world, server, mounted } = await tapped(
        { mode: 'auto' },
        route('POST /echo', api.echo),
      )
      const answers = Array.from({ length: 100 }, (_, n) => send(server, '/echo', postJSON({ n })))
      expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true)
      await server.close()
      await mounted.flagging.close()
      expect(recordsOf(await world.read('echo/logs.csv'))).toHaveLength(100)
    })
  })
}

import { once } from 'node:events'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { truncate, unlink } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { file, image } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import { type Adapter, type Server, use } from './host.ts'
import { png } from './png.ts'
import { wav } from './wav.ts'
import { World } from './world.ts'
import { open, postParts, send, until, upload } from './wire.ts'

const MIB = 1024 * 1024

/** Stored files as they are answered: inert, in parts where a player asks for parts. */
export function fileAnswersContract(adapter: Adapter): void {
  /** A host that offers one flagged sample as an example. */
  const store = async (parts: Record<string, File>) => {
    const world = await World.make(adapter)
    const inputs = Object.keys(parts).map((label) => (label === 'im' ? image('im') : file(label)))
    const options = { inputs, outputs: [], examples: world.dir, acceptData: true }
    const server = await world.serve(use(world.flagging(options)))
    expect((await send(server, '/flag', postParts(parts))).status).toBe(201)
    return { world, server }
  }
  const sound = wav(100_000)
  const storeSound = () => store({ sound: upload(sound, 'a.wav', 'audio/wav') })
  const get = (server: Server, headers: Record<string, string>, method = 'GET') =>
    send(server, '/flag/examples/0/0', { method, headers })

  describe('stored files', () => {
    test('are shown where nothing in them can run, and are downloads where something could', async () => {
      const page = Buffer.from('<script>alert(1)</script>')
      const { server } = await store({
        im: upload(png(1), '"\\\r\n../../é.png'),
        'größe % "x"': upload(page, 'x.html', 'text/html'),
        claimed: upload(page, 'x.png', 'image/png'),
      })
      const answers = await Promise.all(
        [0, 1, 2].map((column) => send(server, `/flag/examples/0/${column}`)),
      )
      expect(answers.map(({ bytes }) => bytes)).toEqual([png(1), page, page])
      const named = answers.map(({ headers }) => [
        headers.get('content-type'),
        headers.get('content-disposition'),
      ])
      expect(named).toEqual([
        ['image/png', 'inline; filename="im-0.png"'],
        [
          'application/octet-stream',
          `attachment; filename="gr__e _25 _22x_22-0.bin"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20_25%20_22x_22-0.bin`,
        ],
        // A claim that nobody can check is taken, and held to.
        ['image/png', 'inline; filename="claimed-0.png"'],
      ])
      for (const { headers } of answers) {
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
        expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
        expect(headers.get('cache-control')).toMatch(/^private, no-store/)
      }
    })

    test('are given in parts', async () => {
      const { server } = await storeSound()
      const size = sound.length
      const parts: [string, number, number][] = [
        ['bytes=0-1', 0, 2],
        ['bytes=0-', 0, size],
        [`bytes=44-1043`, 44, 1044],
        ['bytes=-10', size - 10, size],
        [`bytes=-${size + 5}`, 0, size],
        [`bytes=${size - 1}-99999999999999999999`, size - 1, size],
        ['Bytes = 5-5 ,', 5, 6],
      ]
      for (const [range, from, to] of parts) {
        const { status, headers, bytes } = await get(server, { range })
        expect([range, status]).toEqual([range, 206])
        expect(headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${size}`)
        expect(headers.get('content-length')).toBe(String(to - from))
        expect(headers.get('content-type')).toBe('audio/wav')
        expect(headers.get('content-security-policy')).toMatch(/sandbox/)
        expect(bytes.equals(sound.subarray(from, to))).toBe(true)
      }
    })

    test('are given whole where no part can be meant, and a HEAD tells of the whole', async () => {
      const { server } = await storeSound()
      const asked = [
        {},
        { range: 'bytes=' },
        { range: 'bytes=-' },
        { range: 'bytes=5-2' },
        { range: 'bytes=a-b' },
        { range: 'bytes=0-1,5-6' },
        { range: 'items=0-1' },
        { range: 'bytes=0-1', 'if-range': '"x"' },
      ]
      for (const headers of asked) {
        const answer = await get(server, headers)
        expect([headers, answer.status]).toEqual([headers, 200])
        expect(answer.headers.get('accept-ranges')).toBe('bytes')
        expect(answer.headers.has('content-range')).toBe(false)
        expect(answer.bytes.equals(sound)).toBe(true)
      }
      const head = await get(server, { range: 'bytes=0-1' }, 'HEAD')
      expect([head.status, head.bytes.length]).toEqual([200, 0])
      expect(head.headers.get('content-length')).toBe(String(sound.length))
    })

    test('have no bytes behind their end', async () => {
      const { server } = await storeSound()
      for (const range of [`bytes=${sound.length}-`, 'bytes=-0', 'bytes=9999999999999999999-']) {
        const { status, headers, json } = await get(server, { range })
        expect([range, status]).toEqual([range, 416])
        expect(headers.get('content-range')).toBe(`bytes */${sound.length}`)
        expect(headers.get('content-security-policy')).toMatch(/sandbox/)
        expect(json()).toMatchObject({ status: 416, code: 'range' })
      }
      const empty = await store({ doc: upload(new Uint8Array(0), 'a.txt', 'text/plain') })
      expect((await get(empty.server, { range: 'bytes=0-' })).status).toBe(416)
      const whole = await get(empty.server, { range: 'bytes=-5' })
      expect([whole.status, whole.bytes.length]).toEqual([200, 0])
    })

    test('of any size are read from where a part starts', async () => {
      const { world, server } = await storeSound()
      await truncate(`${world.dir}/sound/0.wav`, 4096 * MIB)
      const before = bytesRead()
      const { bytes } = await get(server, { range: `bytes=${4000 * MIB}-${4000 * MIB + 9}` })
      expect(bytes).toEqual(Buffer.alloc(10))
      expect(bytesRead() - before).toBeLessThan(MIB)
    })

    test('that are gone are not found', async () => {
      const { world, server } = await storeSound()
      await unlink(`${world.dir}/sound/0.wav`)
      for (const method of ['GET', 'HEAD']) {
        expect((await get(server, { range: 'bytes=0-1' }, method)).status).toBe(404)
      }
    })

    test('that shrink meanwhile break their answer off, and nothing else', async () => {
      const { world, server } = await storeSound()
      const path = `${world.dir}/sound/0.wav`
      await truncate(path, 64 * MIB)
      const response = await server.request('/flag/examples/0/0')
      const reader = response.body!.getReader()
      await reader.read()
      await truncate(path, MIB)
      const rest = async () => {
        while (!(await reader.read()).done);
      }
      await expect(rest()).rejects.toThrow(/terminated|too early|aborted|closed/)
      await until(() => world.errors.length > 0 && openBelow(world.dir).length === 0)
      expect(world.errors.map(String)).toEqual([expect.stringMatching(/shorter than recorded/)])
      expect((await get(server, {})).bytes.length).toBe(MIB)
    })

    if (!adapter.hasSockets) return

    test('are closed when the client leaves', async () => {
      const { world, server } = await storeSound()
      await truncate(`${world.dir}/sound/0.wav`, 256 * MIB)
      for (const range of ['bytes=0-', `bytes=${MIB}-`]) {
        const request = open(server, 'GET', '/flag/examples/0/0', { range })
        request.end()
        const [response] = (await once(request, 'response')) as [IncomingMessage]
        await once(response, 'readable')
        expect(openBelow(world.dir)).toHaveLength(1)
        response.destroy()
        await until(() => openBelow(world.dir).length === 0)
      }
      expect(world.errors).toEqual([])
    })
  })
}

/** Bytes that this process has asked the kernel for. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
}

function openBelow(dir: string): string[] {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  // The log and its lock stay open for the next flag.
  return links.filter((path) => path.startsWith(`${dir}/`) && path.endsWith('.wav'))
}

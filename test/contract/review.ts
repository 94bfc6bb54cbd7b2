import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { FlaggingOptions } from '@flagging/core'
import { CSVLogger, image } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, route, type Server, use } from './host.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import { flag, postJSON, postParts, send, upload } from './wire.ts'

interface Shown {
  readonly key: string
  readonly dataset: string | null
  readonly option: string | null
  readonly review: object | null
  readonly inputs: readonly { label: string; value: { kind: string; files?: { url: string }[] } }[]
}

interface Page {
  readonly samples: readonly Shown[]
  readonly next: string | null
  readonly newest: string
}

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }
const READS = ['', '/about', '/samples', '/counts', '/page.js', '/page.css'] as const

/**
 * The review page's routes: who may see and change what, and what an attacker gets.
 * @param kept where files lie under whatever names clients give them
 */
export function reviewContract(
  adapter: Adapter,
  kept: FlaggingOptions<object> = { callback: () => new CSVLogger({ activeContent: true }) },
): void {
  const start = async (options: FlaggingOptions<object> = {}) => {
    const world = await World.make(adapter)
    const mounted = world.flagging({ inputs, review: true, authorize: () => true, ...options })
    const server = await world.serve(use(mounted), route('POST /calculate', api.calculator))
    return { world, server, mounted }
  }
  const serveFiles = async () => {
    const world = await World.make(adapter)
    const server = await world.serve(
      use(
        world.flagging({
          inputs: [image('im'), 'page'],
          outputs: [],
          acceptData: true,
          review: true,
          authorize: () => true,
          ...kept,
        }),
      ),
    )
    return { world, server }
  }
  const flagOne = async (server: Server, more: Record<string, unknown> = {}) => {
    const { id } = await send(server, '/calculate', postJSON(sample))
    await flag(server, id, more)
  }
  const list = async (server: Server, query = '') =>
    (await send(server, `/flag/review/samples${query}`)).json<Page>()
  const change = (server: Server, what: string, body: object, headers = {}) =>
    send(server, `/flag/review/${what}`, postJSON(body, headers))

  describe('the review page', () => {
    test('is not there unless it is asked for, and needs `authorize`', async () => {
      const { server } = await start({ review: false })
      for (const path of READS) {
        expect((await send(server, `/flag/review${path}`)).status).toBe(404)
      }
      expect(() => adapter.flagging({ review: true })).toThrow('add `authorize`')
    })

    test('is not there in mode never', async () => {
      const world = await World.make(adapter)
      const options = { review: true, authorize: () => true }
      const never = await world.serve(use(world.flagging({ ...options, mode: 'never' })))
      expect((await send(never, '/flag/review')).status).toBe(404)
    })

    test('shows what was flagged, page by page, and what comes in', async () => {
      const { server } = await start({ options: ['Good', 'Bad'] })
      expect(await list(server)).toMatchObject({ samples: [], next: null })
      for (const option of ['Good', 'Bad', 'Good']) await flagOne(server, { option })
      const first = await list(server, '?limit=2')
      expect(first.samples.map(({ option }) => option)).toEqual(['Good', 'Bad'])
      const rest = await list(server, `?limit=2&cursor=${first.next}`)
      expect([rest.samples.length, rest.next]).toEqual([1, null])
      await flagOne(server, { option: 'Bad' })
      const more = await list(server, `?after=${first.newest}`)
      expect(more.samples.map(({ option }) => option)).toEqual(['Bad'])
      expect((await list(server, '?option=Bad')).samples).toHaveLength(2)
      // Counting comes back early where it takes long, and goes on when it is asked again.
      const counts = async () => (await send(server, '/flag/review/counts?option=Bad')).json()
      await expect.poll(counts).toMatchObject({ total: 2, done: true })
      const [newest] = more.samples
      const whole = await send(server, `/flag/review/samples/${newest?.key}`)
      expect(whole.json()).toEqual({ sample: newest })
    })

    test('asks who it is before anything is told, for each route', async () => {
      const asked: string[] = []
      let answer: () => boolean = () => true
      const { world, server } = await start({
        authorize: (_, action) => {
          asked.push(action)
          return action === 'flag' || answer()
        },
      })
      await flagOne(server)
      const { key = '' } = (await list(server)).samples[0] ?? {}
      const gets = [...READS, `/samples/${key}`, `/files/${key}/0`]
      answer = () => false
      asked.length = 0
      for (const path of gets) {
        const { status, text } = await send(server, `/flag/review${path}`)
        expect([path, status]).toEqual([path, 403])
        expect(text).not.toContain('operation')
      }
      expect(new Set(asked)).toEqual(new Set(['review']))
      asked.length = 0
      expect((await change(server, 'marks', { key, reviewed: true })).status).toBe(403)
      expect((await change(server, 'delete', { keys: [key] })).status).toBe(403)
      expect(new Set(asked)).toEqual(new Set(['edit']))
      answer = () => {
        throw new Error('no session store')
      }
      expect((await send(server, '/flag/review/samples')).status).toBe(403)
      expect(world.errors.map(String)).toEqual(['Error: no session store'])
      answer = () => true
      expect((await list(server)).samples).toMatchObject([{ key, review: null }])
    })

    test('says what a reviewer may do', async () => {
      const { server } = await start({ authorize: (_, action) => action !== 'edit' })
      const about = (await send(server, '/flag/review/about')).json<{ canEdit: boolean }>()
      expect(about.canEdit).toBe(false)
    })

    test('sends its headers with every answer, refusals and failures too', async () => {
      const { server } = await start({ authorize: (_, action) => action !== 'edit' })
      await flagOne(server)
      const { key } = (await list(server)).samples[0] as Shown
      const answers = await Promise.all([
        ...READS.map((path) => send(server, `/flag/review${path}`)),
        send(server, `/flag/review/samples/${key}`),
        send(server, '/flag/review/samples/none'),
        send(server, '/flag/review/samples?limit=-1'),
        send(server, `/flag/review/files/${key}/0`),
        send(server, '/flag/review/marks'),
        change(server, 'marks', { key }),
        send(server, '/flag/review', { method: 'DELETE' }),
      ])
      for (const { headers } of answers) {
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('referrer-policy')).toBe('no-referrer')
        expect(headers.get('cache-control')).toMatch(/\bno-store\b/)
        expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
        expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
        expect(headers.get('content-security-policy')).toContain("default-src 'none'")
        expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/)
        expect(headers.get('access-control-allow-origin')).toBeNull()
      }
    })

    test('lets its own script in by a nonce that is another one each time', async () => {
      const { server } = await start()
      const nonces = []
      for (const _ of [1, 2]) {
        const { headers, text } = await send(server, '/flag/review')
        const policy = headers.get('content-security-policy') ?? ''
        const [, nonce = ''] = /script-src 'nonce-([\w-]{22})'/.exec(policy) ?? []
        expect(text).toContain(`nonce="${nonce}"`)
        expect(policy).not.toMatch(/unsafe|http|\*|data:/)
        expect(text).not.toMatch(/<script[^>]*>[^<]/)
        nonces.push(nonce)
      }
      expect(new Set(nonces).size).toBe(2)
    })
  })

  describe('a reviewer', () => {
    test('marks samples and notes what is to be said', async () => {
      const { server } = await start({ username: () => 'rev' })
      await flagOne(server)
      const { key } = (await list(server)).samples[0] as Shown
      const said = async (body: object) =>
        (await change(server, 'marks', { key, ...body })).json<{ review: object | null }>().review
      expect(await said({ reviewed: true })).toMatchObject({
        reviewed: true,
        note: null,
        by: 'rev',
      })
      expect(await said({ note: '<b>\n=1+1' })).toMatchObject({ reviewed: true, note: '<b>\n=1+1' })
      const [shown] = (await list(server, '?marks=reviewed')).samples
      expect(shown?.review).toMatchObject({ reviewed: true, note: '<b>\n=1+1', by: 'rev' })
      expect(await said({ note: null })).toMatchObject({ reviewed: true, note: null })
      expect(await said({ reviewed: false })).toBeNull()
      expect((await list(server, '?marks=reviewed')).samples).toEqual([])
      await Promise.all(['a', 'b', 'c'].map((note) => said({ note })))
      expect((await list(server, '?marks=noted')).samples).toHaveLength(1)
    })

    test('deletes samples for good, files too, and what was said of them', async () => {
      const { server } = await serveFiles()
      for (const page of ['a', 'b', 'c', 'd']) {
        const { status } = await send(server, '/flag', postParts({ im: upload(png(1)), page }))
        expect(status).toBe(201)
      }
      const keys = (await list(server)).samples.map(({ key }) => key)
      const remove = async (...which: readonly (string | undefined)[]) =>
        (await change(server, 'delete', { keys: which })).json<{ deleted: number }>().deleted
      await change(server, 'marks', { key: keys[2], reviewed: true, note: 'twice' })
      expect(await remove(keys[2])).toBe(1)
      // Keys from before name the same samples still, and those that are gone are none.
      expect(await remove(keys[2])).toBe(0)
      expect((await send(server, `/flag/review/samples/${keys[0]}`)).status).toBe(200)
      expect((await send(server, `/flag/review/samples/${keys[2]}`)).status).toBe(404)
      expect((await send(server, `/flag/review/files/${keys[2]}/0`)).status).toBe(404)
      expect((await list(server, '?marks=noted')).samples).toEqual([])
      expect(await remove(keys[0], keys[2], keys[3])).toBe(2)
      expect((await list(server)).samples).toHaveLength(1)
      const [left] = (await list(server)).samples
      expect(await remove(left?.key)).toBe(1)
      expect(await list(server)).toMatchObject({ samples: [], next: null })
    })

    test('deletes by no key that names a folder of others', async () => {
      const { server } = await start()
      await flagOne(server)
      const { key } = (await list(server)).samples[0] as Shown
      const [place = '', hash] = key.split('.')
      const [, log, offset] = JSON.parse(Buffer.from(place, 'base64url').toString()) as unknown[]
      const forged = ['..', '/etc', '../flagged/ask', '.flagging', 'none'].map((folder) => {
        const told = Buffer.from(JSON.stringify([folder, log, offset])).toString('base64url')
        return `${told}.${hash}`
      })
      const gone = await change(server, 'delete', { keys: forged })
      expect([gone.status, gone.json()]).toEqual([200, { deleted: 0 }])
      expect((await list(server)).samples).toHaveLength(1)
    })

    test('gets a clear refusal of what cannot be', async () => {
      const { server } = await start()
      await flagOne(server)
      const { key } = (await list(server)).samples[0] as Shown
      const wrong: readonly (readonly [what: string, body: object, status: number])[] = [
        ['marks', {}, 400],
        ['marks', { key: 1 }, 400],
        ['marks', { key: 'x' }, 404],
        ['marks', { key, reviewed: 'yes' }, 400],
        ['marks', { key, note: 7 }, 400],
        ['marks', { key, note: 'x'.repeat(10_001) }, 400],
        ['delete', {}, 400],
        ['delete', { keys: [] }, 400],
        ['delete', { keys: key }, 400],
        ['delete', { keys: [1] }, 400],
        ['delete', { keys: Array.from({ length: 1001 }, () => key) }, 400],
        ['delete', { keys: ['x'] }, 404],
      ]
      for (const [what, body, status] of wrong) {
        const answer = await change(server, what, body)
        expect([what, body, answer.status]).toEqual([what, body, status])
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
      }
      for (const query of ['page=-1', 'limit=1e9', 'sort=__proto__', 'from=<svg onload>', 'a=b']) {
        const path = `/flag/review/samples?${query.replaceAll(' ', '+')}`
        expect((await send(server, path)).status).toBe(400)
      }
      expect((await list(server)).samples).toHaveLength(1)
    })

    test('changes nothing by GET, from other sites, or with a form', async () => {
      const { server } = await start()
      await flagOne(server)
      const { samples } = await list(server)
      const { key } = samples[0] as Shown
      for (const what of ['marks', 'delete']) {
        for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
          expect((await send(server, `/flag/review/${what}`, { method })).status).toBe(405)
        }
        const body = { key, keys: [key], reviewed: true }
        for (const headers of [
          { 'sec-fetch-site': 'cross-site' },
          { 'sec-fetch-site': 'same-site' },
          { origin: 'https://evil.example' },
          { origin: 'null' },
        ]) {
          expect((await change(server, what, body, headers)).status).toBe(403)
        }
        const form = await send(server, `/flag/review/${what}`, postParts({ key, keys: key }))
        expect(form.status).toBe(415)
        const plain = await change(server, what, body, { 'content-type': 'text/plain' })
        expect(plain.status).toBe(415)
      }
      expect((await list(server)).samples).toEqual(samples)
    })
  })

  describe('stored files', () => {
    test('are found by sample and column, and are inert', async () => {
      const { server } = await serveFiles()
      const script = Buffer.from('<script>alert(1)</script>')
      const parts = { im: upload(png(1)), page: upload(script, 'x.html', 'text/html') }
      expect((await send(server, '/flag', postParts(parts))).status).toBe(201)
      const [shown] = (await list(server)).samples
      const [im, page] = (shown?.inputs ?? []).map(({ value }) => value.files?.[0]?.url ?? '')
      const picture = await send(server, `/flag/${im}`)
      expect(picture.bytes).toEqual(png(1))
      expect(picture.headers.get('content-type')).toBe('image/png')
      const active = await send(server, `/flag/${page}`)
      expect(active.bytes).toEqual(script)
      expect(active.headers.get('content-type')).toBe('application/octet-stream')
      expect(active.headers.get('content-disposition')).toMatch(/^attachment/)
      for (const { headers } of [picture, active]) {
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; .*sandbox/)
      }
      expect(picture.headers.get('content-disposition')).toMatch(
        /^inline; filename="[\w.-]*\bim\b[\w.-]*\.png"$/,
      )
      const part = await send(server, `/flag/${im}`, { headers: { range: 'bytes=1-3' } })
      expect([part.status, part.bytes.toString()]).toEqual([206, 'PNG'])
    })

    test('are no way to other files', async () => {
      const { world, server } = await serveFiles()
      await send(server, '/flag', postParts({ im: upload(png(1)) }))
      const { key } = (await list(server)).samples[0] as Shown
      const [, hash = ''] = key.split('.')
      const forged = (place: unknown) =>
        `${Buffer.from(JSON.stringify(place)).toString('base64url')}.${hash}`
      const paths = [
        `${key}/1`,
        `${key}/2`,
        `${key}/99999`,
        `${key}/0/1`,
        `${key}/../../../logs.csv`,
        `${key}/%2e%2e%2flogs.csv`,
        `${key}/..%252flogs.csv`,
        `${key}/%00`,
        `${forged(['..', 'logs.csv', 0])}/0`,
        `${forged(['', '../../etc/passwd', 0])}/0`,
        `${forged(['', '.flagging/lock', 0])}/0`,
        `${forged(['/etc', 'passwd', 0])}/0`,
        `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}/0`,
      ]
      for (const path of paths) {
        expect([path, (await send(server, `/flag/review/files/${path}`)).status]).toEqual([
          path,
          404,
        ])
      }
      expect((await send(server, `/flag/review/files/${key}/0`)).bytes).toEqual(png(1))
      expect(world.errors).toEqual([])
    })
  })

  if (!adapter.hasSockets) return
  describe('names and pages of others', () => {
    test('pages of other sites may link to the page, and get nothing else', async () => {
      const { server } = await start()
      const from = (path: string, mode: string, dest: string) =>
        statusOf(server, path, {
          'sec-fetch-site': 'cross-site',
          'sec-fetch-mode': mode,
          'sec-fetch-dest': dest,
        })
      expect(await from('', 'navigate', 'document')).toBe(200)
      expect(await from('', 'navigate', 'iframe')).toBe(403)
      expect(await from('', 'no-cors', 'script')).toBe(403)
      for (const path of READS.slice(1)) {
        expect(await from(path, 'navigate', 'document')).toBe(403)
        expect(await from(path, 'cors', 'empty')).toBe(403)
      }
    })

    test('names that others may have pointed here are refused', async () => {
      const { server } = await start({ origins: ['https://app.example.com'] })
      await flagOne(server)
      const named = (host: string) => statusOf(server, '/samples', { host })
      for (const host of [
        'evil.example',
        'localhost.evil.example',
        'app.example.com:81',
        '127.0.0.1.nip.io',
      ]) {
        expect([host, await named(host)]).toEqual([host, 403])
      }
      for (const host of [
        'app.example.com',
        'APP.example.com',
        'localhost:3000',
        'a.localhost',
        '192.168.0.7',
        '[::1]:80',
      ]) {
        expect([host, await named(host)]).toEqual([host, 200])
      }
    })
  })
}

/** What a request is answered with whose headers browsers' own clients let nobody choose. */
async function statusOf(
  server: Server,
  path: string,
  headers: Record<string, string>,
): Promise<number | undefined> {
  const asked = request(`${server.origin}/flag/review${path}`, { headers })
  const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage]
  answer.resume()
  return answer.statusCode
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FlaggingOptions } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, type Entry, route, routesAt, use } from './host.ts'
import { png } from './png.ts'
import { everyFile, World } from './world.ts'
import { flag, postForm, postJSON, postParts, recordsOf, send, upload } from './wire.ts'

const CANARY = 's3cr3t-c4n4ry'

const APP: readonly Entry[] = [
  route('POST /login', (request) =>
    api.reading({
      headers: [
        ['content-type', 'application/json'],
        ['set-cookie', `sid=${CANARY}`],
      ],
      body: JSON.stringify({
        user: 'ann',
        access_token: CANARY,
        deep: [{ 'Client-Secret': CANARY }],
      }),
    })(request),
  ),
  route(
    'POST /stream',
    api.streaming('text/event-stream', [
      `data: {"step":1,"token":"${CANARY}"}\n\nda`,
      `ta: {"step":2,"api_key":"${CANARY}"}\n\n`,
    ]),
  ),
  route(
    'POST /lines',
    api.streaming('application/x-ndjson', [`{"n":1,"secret":"${CANARY}"}\n`, '{"n":2}\n']),
  ),
]

const HEADERS = {
  authorization: `Bearer ${CANARY}`,
  cookie: `sid=${CANARY}`,
  'x-api-key': CANARY,
}

async function submit(send_: (path: string, init: RequestInit) => Promise<unknown>): Promise<void> {
  const nested = { user: { Api_Key: CANARY, list: [{ TOKEN: CANARY }] }, password: CANARY, q: 1 }
  const json = postJSON(nested, HEADERS)
  await send_('/login', json)
  await send_(`/login?access_token=${CANARY}&page=2`, json)
  await send_('/login', postForm({ PassWord: CANARY, 'session-id': CANARY, q: '1' }))
  await send_(
    '/login',
    postParts({
      secret: CANARY,
      refresh_token: upload(Buffer.from(CANARY), 'x.txt', 'text/plain'),
      im: upload(png(1)),
    }),
  )
  await send_('/stream', postJSON({ idToken: CANARY, q: 1 }))
  await send_('/lines', postJSON({ passwd: CANARY, q: 1 }))
}

/** Secrets never reach the disk. */
export function redactionContract(adapter: Adapter): void {
  const leaks = async (world: World) => {
    const found: string[] = []
    for (const path of await everyFile(world.root)) {
      const bytes = await readFile(join(world.root, path))
      if (bytes.includes(CANARY) || path.includes(CANARY)) found.push(path)
    }
    return found
  }
  const start = async (options: FlaggingOptions<object>) => {
    const world = await World.make(adapter)
    const mounted = world.flagging(options)
    const server = await world.serve(use(mounted), ...APP)
    return { world, server, mounted }
  }

  describe('redaction', () => {
    test('no secret of a header, body, query, part or stream is stored', async () => {
      const { world, server, mounted } = await start({ mode: 'auto' })
      await submit(async (path, init) => {
        expect((await send(server, path, init)).status).toBe(200)
        await world.flush()
      })
      expect(mounted.flagging.stats().stored).toBe(6)
      expect(await leaks(world)).toEqual([])
      const logs = (await world.files()).filter((path) => path.endsWith('.csv'))
      const text = (await Promise.all(logs.map((path) => world.read(path)))).join('')
      expect(text).toContain('[redacted]')
      const rows = recordsOf(await world.read('login/logs.csv'))
      expect(rows[0]).toMatchObject({ password: '[redacted]', q: '1', access_token: '[redacted]' })
    })

    test('not by hand either, and the host sees all of it', async () => {
      const { world, server } = await start({})
      const seen: string[] = []
      await submit(async (path, init) => {
        const answer = await send(server, path, init)
        seen.push(answer.text)
        expect((await flag(server, answer.id)).status).toBe(201)
      })
      expect(seen).toHaveLength(6)
      for (const text of seen) expect(text).toContain(CANARY)
      expect(await leaks(world)).toEqual([])
    })

    test('a list extends the built-in names', async () => {
      const { world, server } = await start({ mode: 'auto', redact: ['Patient'] })
      await send(server, '/login', postJSON({ patient: CANARY, password: CANARY, q: 1 }))
      await world.flush()
      expect(await leaks(world)).toEqual([])
    })

    test('declared components are exempt from the built-in list, not from one of the host', async () => {
      const world = await World.make(adapter)
      const inputs = ['token', 'patient']
      const redact = ['patient']
      const server = await world.serve(
        use(world.flagging({ mode: 'auto', inputs, outputs: [], redact })),
        route('POST /ask', api.sink),
      )
      await send(server, '/ask', postJSON({ token: 'word', patient: CANARY }))
      await world.flush()
      expect(await world.read()).toBe('token,patient\nword,[redacted]\n')
    })

    test('a function has the last word on what is stored', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(
          world.flagging({
            mode: 'auto',
            redact: (interaction) => ({
              ...interaction,
              inputs: { ...interaction.inputs, name: 'somebody' },
            }),
          }),
        ),
        route('POST /ask', api.reading(answerJSON({ ok: true }))),
      )
      await send(server, '/ask', postJSON({ name: CANARY, q: 1 }))
      await world.flush()
      expect(await world.read('ask/logs.csv')).toBe('name,q,ok\nsomebody,1,true\n')
    })

    test('if it throws, the sample is dropped and reported, never stored as it was', async () => {
      const { world, server, mounted } = await start({
        mode: 'auto',
        redact: () => {
          throw new Error('redactor broke')
        },
      })
      expect((await send(server, '/login', postJSON({ q: CANARY }))).status).toBe(200)
      await mounted.flagging.flush()
      expect(await leaks(world)).toEqual([])
      expect(await world.files()).toEqual([])
      expect(world.errors).toHaveLength(1)
      expect(String(world.errors[0])).not.toContain(CANARY)
    })

    test('false stores everything', async () => {
      const { world, server } = await start({ mode: 'auto', redact: false })
      await send(server, '/login', postJSON({ password: 'plain', q: 1 }))
      await world.flush()
      expect(await world.read('login/logs.csv')).toContain('plain')
    })

    test('posted samples are redacted as well', async () => {
      const world = await World.make(adapter)
      const routes = world.flagRoutes({ inputs: ['who', 'meta'], acceptData: true })
      const server = await world.serve(routesAt('/flag', routes))
      const posted = { data: ['ann', { token: CANARY, note: 'kept' }, { Cookie: CANARY }] }
      expect((await send(server, '/flag', postJSON(posted))).status).toBe(201)
      expect(await leaks(world)).toEqual([])
      expect(await world.read()).toContain('kept')
    })

    test('nothing of a body shows up in what is reported', async () => {
      const { world, server, mounted } = await start({
        mode: 'auto',
        callback: {
          setup: () => {},
          flag: () => {
            throw new Error('store is full')
          },
        },
      })
      await send(server, '/login', postJSON({ password: CANARY, q: CANARY }))
      await mounted.flagging.flush()
      expect(world.errors.map(String).join()).not.toContain(CANARY)
      expect(await leaks(world)).toEqual([])
    })
  })
}

// Plays the adapter on a runtime that has no Node sockets. Run by `npm run runtimes`; exits with the
// number of checks that failed.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CSVLogger, type FlaggingOptions, loadExamples } from '@flagging/core'
import { flagging } from '@flagging/hono-adapter'
import { Hono } from 'hono'
import { stream, streamSSE } from 'hono/streaming'
import { type Served, serveOn } from './serve-on.ts'

const JSON_POST = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"q":1}',
}
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

const app = (...middlewares: ReturnType<typeof flagging>[]): Hono => {
  const one = new Hono()
  for (const middleware of middlewares) one.use(middleware)
  one.onError((_error, c) => c.text('broken', 500))
  one.on(['GET', 'POST'], '/json', (c) => c.json({ a: 'ü' }))
  one.post('/text', (c) => c.text('Grüße'))
  one.post('/html', (c) => c.html('<p>ü</p>'))
  one.post('/bytes', (c) => c.body(new Uint8Array([1, 2, 255])))
  one.post('/own', () => new Response('own'))
  one.post('/blob', () => new Response(new Blob(['b'], { type: 'image/x-own' })))
  one.post('/params', () => new Response(new URLSearchParams('a=b')))
  one.post('/empty', (c) => c.body(null, 204))
  one.post('/none', () => new Response())
  one.post('/redirect', (c) => c.redirect('/json', 303))
  one.post('/thrown', () => {
    throw new Error('broken')
  })
  one.post('/cookies', (c) => {
    c.header('Set-Cookie', 'a=1')
    c.header('Set-Cookie', 'b=2', { append: true })
    return c.text('two', 201)
  })
  one.post('/stream', (c) =>
    stream(c, async (out) => {
      for (const piece of ['one ', 'two ', 'three']) {
        await out.write(piece)
        await new Promise((resolve) => setTimeout(resolve))
      }
    }),
  )
  one.post('/events', async (c) => {
    await c.req.text()
    return streamSSE(c, async (out) => {
      for (const data of ['a', 'b']) await out.writeSSE({ data })
    })
  })
  one.post('/echo', async (c) => c.json(await c.req.json()))
  one.post('/upload', async (c) => {
    const { im } = await c.req.parseBody()
    return c.json({ size: (im as File).size })
  })
  return one
}

const checks: [string, () => Promise<void>][] = []
const check = (name: string, run: () => Promise<void>): unknown => checks.push([name, run])

/** A server with flagging mounted, and what became of it. */
async function tapped(options: FlaggingOptions<object>, body: (world: World) => Promise<void>) {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-runtime-'))
  const errors: unknown[] = []
  const middleware = flagging({
    dir,
    // Not every runtime can lock files.
    callback: () => new CSVLogger({ exclusive: true }),
    onError: (error) => errors.push(error),
    ...options,
  })
  const server = await serveOn(app(middleware).fetch)
  try {
    await body({ server, dir, flagging: middleware.flagging })
    deepEqual(errors.map(String), [])
    await middleware.flagging.close()
    const { memoryBytes, spillBytes, pending } = middleware.flagging.stats()
    deepEqual({ memoryBytes, spillBytes, pending }, { memoryBytes: 0, spillBytes: 0, pending: 0 })
  } finally {
    await server.close()
    await rm(dir, { recursive: true, force: true })
  }
}

interface World {
  readonly server: Served
  readonly dir: string
  readonly flagging: ReturnType<typeof flagging>['flagging']
}

const send = async (server: Served, path: string, init: RequestInit) => {
  const response = await fetch(server.origin + path, { redirect: 'manual', ...init })
  return {
    status: response.status,
    headers: [...response.headers].filter(([name]) => !/^(?:date|flagging-id)$/.test(name)),
    body: Buffer.from(await response.arrayBuffer()).toString('latin1'),
    id: response.headers.get('flagging-id'),
  }
}

/** Deno sends a blob in chunks; with us it has a length, since what a body was made of cannot be seen. */
const unframed = (path: string, answer: Awaited<ReturnType<typeof send>>) => {
  if (path !== 'blob') return answer
  const framing = /^(?:content-length|transfer-encoding)$/
  return { ...answer, headers: answer.headers.filter(([name]) => !framing.test(name)) }
}

const PATHS = ['json', 'text', 'html', 'bytes', 'own', 'blob', 'params', 'empty', 'none']
PATHS.push('redirect', 'thrown', 'cookies', 'stream', 'events', 'nowhere')

for (const mode of ['auto', 'manual'] as const) {
  for (const path of PATHS) {
    check(`${mode}: /${path} is answered as without us`, async () => {
      const bare = await serveOn(app().fetch)
      try {
        await tapped({ mode }, async ({ server }) => {
          const { id: _, ...expected } = unframed(path, await send(bare, `/${path}`, JSON_POST))
          const { id, ...answer } = unframed(path, await send(server, `/${path}`, JSON_POST))
          deepEqual(answer, expected)
          equal(id !== null, mode === 'manual' && expected.status < 300)
        })
      } finally {
        await bare.close()
      }
    })
  }
  for (const size of [10, 300_000]) {
    check(`${mode}: a file of ${size} bytes more is stored as it was`, async () => {
      await tapped({ mode }, async ({ server, dir, flagging: one }) => {
        const picture = Buffer.concat([PNG, Buffer.alloc(size, 7)])
        const body = new FormData()
        body.append('note', 'kept')
        body.append('im', new File([picture], 'x.png', { type: 'image/png' }))
        const { id } = await send(server, '/upload', { method: 'POST', body })
        if (id !== null) equal(await one.flag(id), 1)
        await one.flush()
        ok((await readFile(join(dir, 'upload/im/0.png'))).equals(picture))
        const [sample] = await loadExamples(dir)
        deepEqual([sample?.inputs['note'], sample?.outputs['size']], ['kept', picture.length])
      })
    })
  }
}

check('each of several exchanges on a connection is stored, also after a flush', async () => {
  await tapped({ mode: 'auto' }, async ({ server, dir, flagging: one }) => {
    for (let n = 0; n < 3; n++) {
      await send(server, '/echo', { ...JSON_POST, body: JSON.stringify({ n }) })
      await one.flush()
    }
    deepEqual(
      (await loadExamples(dir)).map(({ inputs, outputs }) => [inputs['n'], outputs['n 2']]),
      [0, 1, 2].map((n) => [n, n]),
    )
  })
})

check('events are stored as what they say', async () => {
  await tapped({ mode: 'auto' }, async ({ server, dir, flagging: one }) => {
    await send(server, '/events', JSON_POST)
    await one.flush()
    deepEqual((await loadExamples(dir))[0]?.outputs, { Output: ['a', 'b'] })
  })
})

let failed = 0
for (const [name, run] of checks) {
  try {
    await run()
    console.log(`✓ ${name}`)
  } catch (error) {
    failed++
    console.log(`✗ ${name}\n${error instanceof Error ? error.message : String(error)}`)
  }
}
console.log(`${checks.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

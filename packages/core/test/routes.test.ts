import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFlagging, type FlaggingCallback, type FlaggingOptions } from '@flagging/core'
import {
  answerRoute,
  hallOf,
  isFlagRoute,
  type RouteBody,
  type RouteRequest,
} from '@flagging/core/adapter'
import { describe, expect, onTestFinished, test } from 'vitest'

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: RouteBody | string
}

async function start(options: FlaggingOptions = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-routes-'))
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const flagging = createFlagging({ dir, inputs: ['q'], acceptData: true, onError, ...options })
  onTestFinished(async () => {
    await flagging.close()
    await rm(dir, { recursive: true, force: true })
  })
  const { hall } = hallOf(flagging)
  const ask = async ({
    method = 'POST',
    path = '/',
    query = '',
    headers = {},
    body = '',
  }: Asked) => {
    const all: Record<string, string> = { 'content-type': 'application/json', ...headers }
    const request: RouteRequest = {
      method,
      path,
      query,
      header: (name) => all[name],
      target: {},
      body: () => (typeof body === 'string' ? streamed(body) : body),
    }
    const answer = await answerRoute(hall, request)
    const text = typeof answer.body === 'string' ? answer.body : ''
    return {
      ...answer,
      json: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
    }
  }
  return { ask, dir, errors, flagging, hall }
}

/** A body that comes in pieces; notes how much of it was taken and whether the rest was let go. */
function streamed(text: string, taken: { chunks?: number; discarded?: boolean } = {}): RouteBody {
  return {
    kind: 'stream',
    async *chunks() {
      for (let at = 0; at < text.length; at += 1000) {
        taken.chunks = (taken.chunks ?? 0) + 1
        yield Buffer.from(text.slice(at, at + 1000))
      }
    },
    discard: () => {
      taken.discarded = true
    },
  }
}

describe('the flag routes as plain request in, plain response out', () => {
  test('know their addresses', async () => {
    const { hall } = await start({ examples: '.' })
    const paths = ['/', '/examples', '/examples/0/0', '/examples/12/3/4', '/x', '/examples/x', '']
    expect(paths.map((path) => isFlagRoute(hall, path))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
    const without = await start()
    expect(isFlagRoute(without.hall, '/examples')).toBe(false)
  })

  test('describe themselves', async () => {
    const { ask } = await start({ options: ['Bad'], comment: true })
    const { status, headers, json } = await ask({ method: 'GET' })
    expect(status).toBe(200)
    expect(headers['Content-Type']).toMatch(/^application\/json/)
    expect(json).toEqual({
      mode: 'manual',
      options: [{ label: 'Flag as Bad', value: 'Bad' }],
      components: [
        { label: 'q', type: 'any', role: 'input' },
        { label: 'Output', type: 'any', role: 'output' },
      ],
      comment: true,
      correction: false,
      canUndo: true,
    })
  })

  test('problems have type, title, status, detail and a stable code', async () => {
    const { ask } = await start({ options: ['Bad'] })
    const problems: [Asked, status: number, code: string][] = [
      [{ body: '{"id":"x","option":"Bad"}' }, 404, 'not_found'],
      [{ body: '{"id":"x"}' }, 400, 'unknown_option'],
      [{ body: '{"option":"Bad"}' }, 400, 'bad_request'],
      [{ body: '{' }, 400, 'bad_request'],
      [{ body: '' }, 400, 'bad_request'],
      [{ body: 'x', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
      [{ method: 'PUT' }, 405, 'method_not_allowed'],
      [{ headers: { 'sec-fetch-site': 'cross-site' } }, 403, 'forbidden'],
    ]
    for (const [asked, status, code] of problems) {
      const { headers, json, status: answered } = await ask(asked)
      expect(answered).toBe(status)
      expect(headers['Content-Type']).toMatch(/^application\/problem\+json/)
      expect(json).toEqual({
        type: 'about:blank',
        title: expect.any(String),
        status,
        detail: expect.stringMatching(/.{10}/),
        code,
      })
    }
  })

  test('a body over the limit is left alone as soon as that is known', async () => {
    const { ask } = await start({ limits: { bodyBytes: 10_000 } })
    const text = JSON.stringify({ data: ['x'.repeat(100_000), 1] })
    const counted: { chunks?: number; discarded?: boolean } = {}
    expect((await ask({ body: streamed(text, counted) })).status).toBe(413)
    expect(counted).toEqual({ chunks: 11, discarded: true })
    const announced: { chunks?: number; discarded?: boolean } = {}
    const headers = { 'content-length': String(text.length) }
    expect((await ask({ headers, body: streamed(text, announced) })).status).toBe(413)
    expect(announced).toEqual({ discarded: true })
  })

  test('a body of the wrong type is let go unread', async () => {
    const { ask } = await start()
    const taken: { chunks?: number; discarded?: boolean } = {}
    const headers = { 'content-type': 'text/plain' }
    expect((await ask({ headers, body: streamed('x'.repeat(5000), taken) })).status).toBe(415)
    expect(taken).toEqual({ discarded: true })
  })

  test('a body that breaks off gives an answer, not a rejection', async () => {
    const { ask, dir } = await start()
    const body: RouteBody = {
      kind: 'stream',
      async *chunks() {
        yield Buffer.from('{"data":[1,')
        throw new Error('aborted')
      },
      discard: () => {},
    }
    expect((await ask({ body })).status).toBeGreaterThanOrEqual(400)
    await expect(readFile(join(dir, 'logs.csv'))).rejects.toThrow('ENOENT')
  })

  test('a body that the host has parsed is taken as it is, one that is gone is a 400', async () => {
    const { ask, dir } = await start()
    const left: RouteBody = { kind: 'left', left: { value: { data: ['a', 'b'] } } }
    expect(await ask({ body: left })).toMatchObject({ status: 201, json: { count: 1 } })
    const bytes: RouteBody = { kind: 'left', left: { bytes: Buffer.from('{"data":["c","d"]}') } }
    expect(await ask({ body: bytes })).toMatchObject({ status: 201, json: { count: 2 } })
    expect((await ask({ body: { kind: 'none' } })).status).toBe(400)
    expect(await readFile(join(dir, 'logs.csv'), 'utf8')).toBe('q,Output\na,b\nc,d\n')
  })

  test('HEAD has the head of GET and no body', async () => {
    const { ask } = await start()
    const [get, head] = [await ask({ method: 'GET' }), await ask({ method: 'HEAD' })]
    expect([head.status, head.body]).toEqual([get.status, null])
    expect(head.headers).toMatchObject(get.headers)
    expect(head.headers['Content-Length']).toBe(String((get.body as string).length))
  })

  const OWN: [headers: Record<string, string>, status: number][] = [
    [{ origin: 'http://own.example', host: 'own.example' }, 201],
    [{ origin: 'https://own.example', host: 'own.example' }, 201],
    [{ origin: 'https://own.example:8443', host: 'own.example:8443' }, 201],
    [{ origin: 'http://own.example', host: 'OWN.example' }, 201],
    [{ origin: 'http://own.example', host: 'own.example:8080' }, 403],
    [{ origin: 'http://own.example.evil', host: 'own.example' }, 403],
    [{ origin: 'http://evil.example', host: 'own.example' }, 403],
    [{ origin: 'null', host: 'null' }, 403],
    [{ origin: '', host: '' }, 403],
    [{ origin: 'own.example', host: 'own.example' }, 403],
    [{ origin: 'ftp://own.example', host: 'own.example' }, 403],
    [{ origin: 'http://own.example' }, 403],
    [{ 'sec-fetch-site': 'same-site', origin: 'http://own.example', host: 'own.example' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 201],
    [{ 'sec-fetch-site': 'nonsense' }, 403],
  ]
  for (const [headers, status] of OWN) {
    test(`${JSON.stringify(headers)}: ${status}`, async () => {
      const { ask } = await start()
      expect((await ask({ headers, body: '{"data":[1,2]}' })).status).toBe(status)
    })
  }

  test('a callback that never settles is answered after ten seconds, and the next flag is taken', async () => {
    let settle: ((count: number) => void) | undefined
    const callback: FlaggingCallback = {
      setup: () => {},
      flag: () => (settle ? 7 : new Promise((resolve) => (settle = resolve))),
    }
    const { ask, errors } = await start({ callback })
    const startedAt = performance.now()
    const late = await ask({ body: '{"data":[1,2]}' })
    expect(late).toMatchObject({ status: 503, json: { code: 'unavailable' } })
    expect(performance.now() - startedAt).toBeGreaterThan(9_000)
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FLAGGING_CALLBACK' })])
    expect(await ask({ body: '{"data":[1,2]}' })).toMatchObject({ status: 201, json: { count: 7 } })
    settle?.(1)
  })
})

describe('posted samples on their way to a slow callback', () => {
  async function startSlow(): Promise<{
    post: () => ReturnType<Awaited<ReturnType<typeof start>>['ask']>
    settle: (nth: number) => Promise<void>
    errors: unknown[]
  }> {
    const waiting: ((count: number) => void)[] = []
    const callback: FlaggingCallback = {
      setup: () => undefined,
      flag: () => new Promise<number>((resolve) => waiting.push(resolve)),
    }
    const { ask, errors } = await start({ callback, limits: { queueBytes: 10_000 } })
    return {
      errors,
      post: () => ask({ body: JSON.stringify({ data: ['x'.repeat(8000), 1] }) }),
      async settle(nth) {
        while (waiting.length < nth) await new Promise((resolve) => setImmediate(resolve))
        waiting[nth - 1]?.(nth)
      },
    }
  }

  test('wait for their turn, in order', async () => {
    const { post, settle, errors } = await startSlow()
    const first = post()
    const second = post()
    await settle(1)
    expect(await first).toMatchObject({ status: 201, json: { count: 1 } })
    await settle(2)
    expect(await second).toMatchObject({ status: 201, json: { count: 2 } })
    expect(errors).toEqual([])
  })

  test('are refused with 503 where too many wait, or where their turn does not come; later taken', async () => {
    const { post, settle, errors } = await startSlow()
    const first = post()
    const second = post()
    // No more may wait than are let in.
    expect(await post()).toMatchObject({ status: 503, json: { code: 'unavailable' } })
    expect(await second).toMatchObject({ status: 503, json: { code: 'unavailable' } })
    expect(errors).toMatchObject(Array(2).fill({ code: 'ERR_FLAGGING_QUEUE_FULL' }))
    await settle(1)
    expect((await first).status).toBe(201)
    const last = post()
    await settle(2)
    expect((await last).status).toBe(201)
  })
})

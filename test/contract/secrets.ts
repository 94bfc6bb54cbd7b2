import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { json } from '@flagging/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, type Entry, route, routesAt, use } from './host.ts'
import { loaded } from './loaded.ts'
import { png } from './png.ts'
import { everyFile, World } from './world.ts'
import { flag, postForm, postJSON, postParts, recordsOf, send, until, upload } from './wire.ts'

/** What must not be found anywhere; each place has one of its own, so that a leak has a name. */
const CANARY = 's3cr3t'

type Place = (canary: string) => RequestInit & { readonly path?: string }

const body = (type: string | undefined, text: string | Uint8Array): RequestInit => ({
  method: 'POST',
  headers: type === undefined ? {} : { 'content-type': type },
  body: new Uint8Array(Buffer.from(text)),
})
const part = (lines: string, data: string) => `--X\r\n${lines}\r\n\r\n${data}\r\n`
const form = (name: string) => `Content-Disposition: form-data; name="${name}"`
const MULTIPART = 'multipart/form-data; boundary=X'
const JSON_TYPE = 'application/json'

/** Where a request may carry a secret. */
const QUESTIONS: Record<string, Place> = {
  'a key': (c) => postJSON({ password: c, q: 1 }),
  'keys of other spelling': (c) =>
    postJSON({ Api_Key: c, 'API-KEY': c, apikey: c, 'x-Api-KEY': c, SESSION_id: c, q: 1 }),
  'lists and objects': (c) => postJSON({ a: [[{ b: [{ token: [c, { d: c }] }] }]] }),
  'great depth': (c) => body(JSON_TYPE, `${'{"a":'.repeat(600)}{"token":"${c}"}${'}'.repeat(600)}`),
  'an escaped key': (c) => body(JSON_TYPE, `{"pass\\u0077ord" : "${c}", "q": 1}`),
  'a key that is there twice': (c) => body(JSON_TYPE, `{"token":"${c}","token":"${c}"}`),
  'a long body': (c) => postJSON({ q: 'x'.repeat(100_000), secret: c }),
  'broken JSON': (c) => body(JSON_TYPE, `{"password":"${c}"`),
  'JSON that is no UTF-8': (c) =>
    body(JSON_TYPE, Buffer.from(`{"a":"\xff","password":"${c}"}`, 'latin1')),
  'JSON of no type': (c) => body(undefined, `{"password":"${c}"}`),
  'JSON of no type that is no UTF-8': (c) =>
    body(undefined, Buffer.from(`{"password":"${c}","a":"\xff"}`, 'latin1')),
  'JSON that calls itself text': (c) => body('text/plain;charset=UTF-8', `[{"token":"${c}"}]`),
  'a form': (c) => postForm({ PassWord: c, 'session-id': c, 'user[token]': c, q: '1' }),
  'JSON in a form': (c) => postForm({ payload: JSON.stringify({ a: { apiKey: c } }) }),
  'a part': (c) => postParts({ secret: c, im: upload(png(1)) }),
  'a file of such a name': (c) => postParts({ token: upload(Buffer.from(c), 'x', 'text/plain') }),
  'JSON in a part': (c) => postParts({ payload: JSON.stringify([{ apiKey: c }]) }),
  'a JSON part': (c) =>
    body(
      MULTIPART,
      `${part(`${form('a')}\r\nContent-Type: ${JSON_TYPE}`, `{"token":"${c}"}`)}--X--`,
    ),
  'a JSON part that is no UTF-8': (c) => {
    const lines = `${form('a')}\r\nContent-Type: ${JSON_TYPE}`
    const text = `${part(lines, `{"a":"\xff","token":"${c}"}`)}--X--\r\n`
    return body(MULTIPART, Buffer.from(text, 'latin1'))
  },
  'a form without end': (c) => body(MULTIPART, part(form('token'), c)),
  'a part header of two lines': (c) =>
    body(MULTIPART, `${part('Content-Disposition: form-data;\r\n name="token"', c)}--X--\r\n`),
  'a query': (c) => ({ ...postJSON({ q: 1 }), path: `?access_token=${c}&user[password]=${c}` }),
  'JSON in a query': (c) => ({
    ...postJSON({ q: 1 }),
    path: `?filter=${encodeURIComponent(`{"token":"${c}"}`)}`,
  }),
  headers: (c) =>
    postJSON({ q: 1 }, { authorization: `Bearer ${c}`, cookie: `sid=${c}`, 'x-api-key': c }),
  NDJSON: (c) => body('application/x-ndjson', `{"token":"${c}"}\n{"cookie":"${c}\n{"q":1}`),
}

const delta = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`

/** Where an answer may carry one: its type and its text. */
const ANSWERS: Record<string, (canary: string) => readonly [type: string, text: string]> = {
  JSON: (c) => [JSON_TYPE, `{"a":[{"Access_Token":"${c}"}]}`],
  'broken JSON': (c) => [JSON_TYPE, `{"a":[{"Access_Token":"${c}`],
  text: (c) => ['text/plain', ` {"secret":"${c}"} `],
  events: (c) => [
    'text/event-stream',
    `data: {"token":"${c}"}\n\ndata: {"api_key":\ndata: "${c}"}\n\n`,
  ],
  'broken events': (c) => ['text/event-stream', `data: {"token":"${c}\n\ndata: cookie: ${c}\n\n`],
  'events without end': (c) => ['text/event-stream', `data: 1\n\ndata: {"token":"${c}`],
  'deltas that spell JSON': (c) => [
    'text/event-stream',
    ['{"pass', 'word":"', c, '"}'].map(delta).join(''),
  ],
  lines: (c) => ['application/x-ndjson', `{"secret":"${c}"}\n{"n":2}\n`],
  'a data stream': (c) => [
    'text/plain',
    `0:"a"\n2:[{"token":"${c}"}]\n9:{"args":{"secret":"${c}"}}\n`,
  ],
}

/** Secrets are found nowhere: not on the disk, not in what is reported, not in what is answered. */
export function secretsContract(adapter: Adapter): void {
  /** The files that hold a secret, and which. */
  const leaks = async (world: World): Promise<string[]> => {
    const found: string[] = []
    for (const path of await everyFile(world.root)) {
      const bytes = await readFile(join(world.root, path))
      const text = `${path} ${bytes.toString('latin1')} ${bytes.toString('utf16le')}`
      for (const [canary] of text.matchAll(/s3cr3t-\d+/g)) found.push(`${canary} in ${path}`)
    }
    return found
  }
  const start = async (options: Parameters<World['flagging']>[0], ...routes: Entry[]) => {
    const world = await World.make(adapter)
    const mounted = world.flagging({ mode: 'auto', ...options })
    return { world, mounted, server: await world.serve(use(mounted), ...routes) }
  }

  describe('secrets', () => {
    test('of requests are nowhere on the disk, wherever they were', async () => {
      const names = Object.keys(QUESTIONS)
      const { world, server } = await start(
        {},
        ...names.map((_, n) => route(`POST /q${n}`, api.sink)),
        route('POST /of/:token', api.sink),
      )
      for (const [n, name] of names.entries()) {
        const { path = '', ...init } = (QUESTIONS[name] as Place)(`${CANARY}-${n}`)
        expect((await send(server, `/q${n}${path}`, init)).status).toBe(200)
      }
      await send(server, `/of/${CANARY}-999`, postJSON({ q: 1 }))
      await world.flush()
      const found = await leaks(world)
      expect(found.map((leak) => [leak, names[Number(/\d+ /.exec(leak)?.[0])]])).toEqual([])
      const samples = await loaded(world)
      expect(Object.keys(samples)).toHaveLength(names.length + 1)
      const headers = names.indexOf('headers')
      for (const [n, name] of names.entries()) {
        const [sample] = samples[`q${n}`] ?? []
        const text = inspect(sample?.inputs, { depth: Infinity, maxStringLength: Infinity })
        const bytes = Object.values(sample?.inputs ?? {})
          .filter(Buffer.isBuffer)
          .join()
        expect([name, `${text}${bytes}`.includes('[redacted]')]).toEqual([name, n !== headers])
      }
    })

    test('of answers neither', async () => {
      const names = Object.keys(ANSWERS)
      const { world, server } = await start(
        {},
        ...names.map((name, n) => {
          const [type, text] = (ANSWERS[name] as (typeof ANSWERS)[string])(`${CANARY}-${n}`)
          const cookie = ['set-cookie', `sid=${CANARY}-${n}`] as const
          return route(
            `POST /a${n}`,
            api.reading({ headers: [['content-type', type], cookie], body: text }),
          )
        }),
      )
      for (const [n, name] of names.entries()) {
        const answer = await send(server, `/a${n}`, postJSON({ q: 1 }))
        expect([name, answer.text.includes(CANARY)]).toEqual([
          name,
          name !== 'deltas that spell JSON' || answer.text.includes(`${CANARY}-${n}`),
        ])
      }
      await world.flush()
      expect(
        (await leaks(world)).map((leak) => [leak, names[Number(/\d+ /.exec(leak)?.[0])]]),
      ).toEqual([])
      expect(Object.keys(await loaded(world))).toHaveLength(names.length)
    })

    test('of bodies that a cap has cut off neither, wherever the cut is', async () => {
      const limits = { bodyBytes: 60 }
      const { world, server } = await start({ limits }, route('POST /sink', api.sink))
      const bodies = [
        body(JSON_TYPE, `{"password":"${CANARY}-1","story":"${'x'.repeat(99)}"}`),
        body(JSON_TYPE, `{"a":{"password":["${CANARY}-2-${'x'.repeat(99)}"]}}`),
        body(undefined, `{"password":"${CANARY}-3-${'x'.repeat(99)}"}`),
        body('text/plain', `{"password":"${CANARY}-4-${'x'.repeat(99)}"}`),
        body('application/x-www-form-urlencoded', `password=${CANARY}-5${'x'.repeat(99)}`),
        body(
          MULTIPART,
          `--X\r\n${form('token').slice(0, 47)}"\r\n\r\n${CANARY}-6${'x'.repeat(99)}`,
        ),
        body(
          'application/x-ndjson',
          `{"token":"${CANARY}-7"}\n{"secret":"${CANARY}-7${'x'.repeat(99)}"`,
        ),
        body('application/x-ndjson', `{"token":"${CANARY}-8${'x'.repeat(99)}"`),
      ]
      for (const init of bodies) {
        expect((await send(server, '/sink', init)).status).toBe(200)
        await world.flush()
      }
      expect(await leaks(world)).toEqual([])
      const { sink = [] } = await loaded(world)
      expect(sink).toHaveLength(bodies.length)
    })

    test('of comments and corrections neither, and refusals do not repeat them', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({ comment: true, correction: true, options: ['Bad'] })
      const server = await world.serve(use(mounted), route('POST /sink', api.sink))
      const { id } = await send(server, '/sink', postJSON({ q: 1 }))
      const secret = `{"token":"${CANARY}-1"}`
      for (const correction of [{ deep: [{ token: `${CANARY}-2` }] }, secret]) {
        const more = { option: 'Bad', comment: secret, correction }
        expect((await flag(server, id, more)).status).toBe(201)
      }
      const refused = [
        await flag(server, id, { option: `${CANARY}-3` }),
        await flag(server, id, { option: 'Bad', comment: { token: `${CANARY}-4` } }),
        await flag(server, `${CANARY}-5`, { option: 'Bad' }),
        await send(server, '/flag', body(JSON_TYPE, `{"id":"${CANARY}-6`)),
        await send(server, `/flag?token=${CANARY}-7`, body('text/plain', `${CANARY}-7`)),
      ]
      expect(refused.map(({ status }) => status)).toEqual([400, 400, 404, 400, 415])
      expect(refused.map(({ text }) => text).join()).not.toContain(CANARY)
      expect(await leaks(world)).toEqual([])
      expect(recordsOf(await world.read('sink/logs.csv'))).toHaveLength(2)
    })

    test('of posted samples neither, and refusals do not repeat them', async () => {
      const world = await World.make(adapter)
      const routes = world.flagRoutes({ inputs: ['who', json('meta')], acceptData: true })
      const server = await world.serve(routesAt('/flag', routes))
      const meta = `{"token":"${CANARY}-1"}`
      expect((await send(server, '/flag', postParts({ who: 'a', meta, Output: 'b' }))).status).toBe(
        201,
      )
      const refused = [
        await send(server, '/flag', postJSON({ data: [`${CANARY}-2`] })),
        await send(server, '/flag', postJSON({ inputs: [{ token: `${CANARY}-3` }] })),
        await send(server, '/flag', body(MULTIPART, `--X\r\n${CANARY}-4`)),
      ]
      expect(refused.map(({ status }) => status)).toEqual([400, 400, 400])
      expect(refused.map(({ text }) => text).join()).not.toContain(CANARY)
      expect(await leaks(world)).toEqual([])
    })

    test('are in no report of what goes wrong, nor in the causes of it', async () => {
      const errors: unknown[] = []
      const failing = { setup: () => {}, flag: () => Promise.reject(new Error('store is full')) }
      const { server, mounted } = await start(
        {
          callback: failing,
          inputs: ['q', { label: 'p', type: 'json', from: () => JSON.parse('{') as never }],
          onError: (error) => errors.push(error),
        },
        route('POST /sink', api.sink),
        route('POST /echo', api.echo),
      )
      const bodies = [postJSON({ q: 1, token: CANARY }), body(JSON_TYPE, `{"q":"${CANARY}`)]
      for (const init of bodies) {
        await send(server, '/sink', init)
        await send(server, '/echo', init)
      }
      await mounted.flagging.flush()
      expect(errors.length).toBeGreaterThan(0)
      expect(inspect(errors, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
    })

    test('of bodies in spill files cannot be read by name while an interaction is held', async () => {
      const world = await World.make(adapter)
      const before = process.env['TMPDIR']
      onTestFinished(() => {
        if (before === undefined) delete process.env['TMPDIR']
        else process.env['TMPDIR'] = before
      })
      process.env['TMPDIR'] = world.root
      expect(tmpdir()).toBe(world.root)
      const mounted = world.flagging({})
      const server = await world.serve(use(mounted), route('POST /sink', api.sink))
      const { id } = await send(server, '/sink', postJSON({ q: CANARY.repeat(200_000) }))
      const { stats } = mounted.flagging
      // Nothing is written before the file has lost its name.
      await until(() => stats().spillBytes > 1_000_000 && stats().memoryBytes < 300_000)
      const spilled = async () => (await readdir(world.root)).filter((name) => name !== 'flagged')
      expect(await spilled()).toEqual([])
      expect((await flag(server, id)).status).toBe(201)
      const [sample] = (await loaded(world))['sink'] ?? []
      expect(sample?.inputs['q']).toHaveLength(CANARY.length * 200_000)
      await mounted.flagging.close()
      expect(await spilled()).toEqual([])
    })

    test('of declared components are kept, also within JSON of their own', async () => {
      const world = await World.make(adapter)
      const inputs = ['token', json('meta', { from: 'meta' }), json('key', { from: 'meta.token' })]
      const server = await world.serve(
        use(world.flagging({ mode: 'auto', inputs, outputs: ['cookie'] })),
        route('POST /ask', api.reading(answerJSON({ cookie: 'oat', token: 'x' }))),
      )
      const meta = { token: 'kept', secret: CANARY }
      await send(server, '/ask', postJSON({ token: 'word', meta }))
      await send(server, '/ask', postForm({ token: 'word', meta: JSON.stringify(meta) }))
      await send(server, '/ask', postParts({ token: 'word', meta: JSON.stringify(meta) }))
      await world.flush()
      const cells = recordsOf(await world.read()).map(({ token, meta: cell, cookie }) => [
        token,
        cell,
        cookie,
      ])
      const shown = '{"token":"kept","secret":"[redacted]"}'
      expect(cells).toEqual(Array(3).fill(['word', shown, 'oat']))
      expect(await leaks(world)).toEqual([])
    })
  })
}

import { setTimeout as after } from 'node:timers/promises'
import { CSVLogger, type FlaggingOptions } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, type Entry, fieldsOf, route, type Server, use } from './host.ts'
import { png } from './png.ts'
import { everyFile, World } from './world.ts'
import {
  type Answer,
  deferred,
  digest,
  flag,
  postJSON,
  readAnswer,
  recordsOf,
  rowsOf,
  send,
  until,
} from './wire.ts'

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }
const UNKNOWN = 'AAAAAAAAAAAAAAAAAAAAAA'

/** An answer that stays open until it is told to end. */
function openEnded() {
  const end = deferred()
  const gone = deferred()
  const entry = route(
    'POST /slow',
    api.reading({
      headers: [['content-type', 'text/plain']],
      body: async (out) => {
        await out.write('first ')
        await Promise.race([end.promise, out.gone.then(gone.resolve)])
        await out.write('second')
      },
    }),
  )
  return { entry, end, gone: gone.promise }
}

/** Flags by id: what may be flagged, when, by whom, and how often. */
export function byHandContract(adapter: Adapter): void {
  const start = async (options: FlaggingOptions<object> = { inputs }, ...more: Entry[]) => {
    const world = await World.make(adapter)
    const mounted = world.flagging(options)
    const hosts = [
      route('POST /calculate', api.calculator),
      route('PUT /items/:id', api.putItem),
      route('GET /health', api.health),
      route('POST /failing', api.failing),
      route('POST /throwing', api.throwing),
    ]
    const server = await world.serve(use(mounted), ...more, ...hosts)
    return { world, server, mounted }
  }
  const calculate = (server: Server, num1 = 5) =>
    send(server, '/calculate', postJSON({ ...sample, num1 }))

  describe('flags by hand', () => {
    test('every 2xx answer to a submission carries an id of its own', async () => {
      const { server } = await start({})
      const answers = [
        await calculate(server),
        await calculate(server),
        await send(server, '/items/1', { ...postJSON({ name: 'a' }), method: 'PUT' }),
      ]
      for (const { id } of answers) expect(id).toMatch(/^[\w-]{22}$/)
      expect(new Set(answers.map(({ id }) => id)).size).toBe(3)
      for (const { id } of answers) {
        expect(Buffer.from(id ?? '', 'base64url')).toHaveLength(16)
      }
    })

    test('no other answer does', async () => {
      const { server } = await start({})
      const answers = [
        await send(server, '/health'),
        await send(server, '/health', { method: 'HEAD' }),
        await send(server, '/calculate', { method: 'DELETE' }),
        await send(server, '/nowhere', postJSON(sample)),
        await send(server, '/failing', postJSON(sample)),
        await send(server, '/throwing', postJSON(sample)),
        await send(server, '/calculate', postJSON({ operation: 'divide', num1: 1, num2: 0 })),
        await send(server, '/flag'),
        await flag(server, UNKNOWN),
      ]
      expect(answers.map(({ status }) => status)).toEqual([
        200, 200, 404, 404, 500, 500, 422, 200, 404,
      ])
      for (const { headers } of answers) expect(headers.has('flagging-id')).toBe(false)
    })

    test('with declared inputs a GET counts that has one of them', async () => {
      const { world, server } = await start({ inputs }, route('GET /calculate', api.calculator))
      const counting = await send(server, '/calculate?num1=5&operation=add&num2=7')
      expect(counting.id).toMatch(/^[\w-]{22}$/)
      expect((await send(server, '/health')).id).toBeNull()
      expect((await flag(server, counting.id)).status).toBe(201)
      expect(await world.read()).toBe('num1,operation,num2,Output\n5,add,7,12\n')
    })

    test('what is flagged is what happened, whatever the client says', async () => {
      const { world, server } = await start()
      const { id } = await calculate(server)
      const forged = { data: [1, 2, 3, 4], inputs: { num1: 99 }, username: 'root', num1: 99 }
      await flag(server, id, forged)
      expect(await world.read()).toBe('num1,operation,num2,Output\n5,add,7,12\n')
    })

    test('while the answer is open it is a 409 with Retry-After, then a 201', async () => {
      const { entry, end } = openEnded()
      const { world, server } = await start({}, entry)
      const response = await server.request('/slow', postJSON({ q: 1 }))
      const id = response.headers.get('flagging-id')
      expect(id).toMatch(/^[\w-]{22}$/)
      const early = await flag(server, id)
      expect([early.status, early.headers.get('retry-after')]).toEqual([409, '1'])
      expect(early.json()).toMatchObject({ status: 409, code: 'not_ended' })
      end.resolve()
      expect((await readAnswer(response)).text).toBe('first second')
      expect((await flag(server, id)).status).toBe(201)
      expect(await world.read('slow/logs.csv')).toBe('q,Output\n1,first second\n')
    })

    test('what the client has left may be flagged too, and is marked', async () => {
      const { entry, gone } = openEnded()
      const callback = () => new CSVLogger({ columns: ['ended'] })
      const { world, server } = await start({ callback }, entry)
      const response = await server.request('/slow', postJSON({ q: 1 }))
      const reader = response.body?.getReader()
      await reader?.read()
      await reader?.cancel()
      await gone
      const flagged = await flag(server, response.headers.get('flagging-id'))
      expect(flagged.status).toBe(201)
      expect(await world.read('slow/logs.csv')).toBe('q,Output,ended\n1,"first ",aborted\n')
    })

    test('unknown, malformed, refused, evicted and foreign ids give one and the same 404', async () => {
      const { server } = await start({
        inputs,
        limits: { held: 3 },
        username: (target) => adapter.headerOf(target, 'x-user'),
        when: (interaction) => interaction.inputs['num1'] !== 13,
      })
      const evicted = await calculate(server)
      const refused = await calculate(server, 13)
      const foreign = await send(server, '/calculate', postJSON(sample, { 'x-user': 'ann' }))
      await calculate(server)
      const asBob = (id: string | null) =>
        send(server, '/flag', postJSON({ id }, { 'x-user': 'bob' }))
      const ids = [UNKNOWN, 'x', '../../etc/passwd', evicted.id, refused.id, foreign.id]
      const answers: Answer[] = []
      for (const id of ids) answers.push(await asBob(id))
      expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 404))
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
      expect(answers[0]?.json<{ detail: string }>().detail).toMatch(/per|by the process/)
      const heads = answers.map(({ headers }) => [...headers.keys()].toSorted().join())
      expect(new Set(heads).size).toBe(1)
    })

    test('an id expires', async () => {
      const { server, mounted } = await start({ inputs, limits: { heldSeconds: 1 } })
      const { id } = await calculate(server)
      expect(mounted.flagging.stats().held).toBe(1)
      await after(1_050)
      const late = await flag(server, id)
      expect([late.status, late.json<{ code: string }>().code]).toEqual([404, 'not_found'])
    })

    test('the same flag again is a 200 with the same count, and no second row', async () => {
      const { world, server } = await start({ inputs, options: ['Bad', 'Good'] })
      const [one, other] = [await calculate(server), await calculate(server, 6)]
      const answers = [
        await flag(server, one.id, { option: 'Bad' }),
        await flag(server, other.id, { option: 'Bad' }),
        await flag(server, one.id, { option: 'Bad' }),
      ]
      expect(answers.map(({ status, json }) => [status, json()])).toEqual([
        [201, { count: 1 }],
        [201, { count: 2 }],
        [200, { count: 1 }],
      ])
      expect(rowsOf(await world.read())).toHaveLength(3)
    })

    test('fifty of the same at once make one row', async () => {
      const { world, server } = await start()
      const { id } = await calculate(server)
      const answers = await Promise.all(Array.from({ length: 50 }, () => flag(server, id)))
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
      expect(statuses).toEqual([...Array.from({ length: 49 }, () => 200), 201])
      for (const answer of answers) expect(answer.json()).toEqual({ count: 1 })
      expect(rowsOf(await world.read())).toHaveLength(2)
    })

    test('a different flag of the same interaction is a further row', async () => {
      const options = { inputs, options: ['Bad', 'Good'], comment: true }
      const { world, server } = await start(options)
      const { id } = await calculate(server)
      const flags = [
        { option: 'Bad' },
        { option: 'Good' },
        { option: 'Good', comment: 'why not' },
        { option: 'Good', comment: 'why' },
      ]
      for (const [index, more] of flags.entries()) {
        const flagged = await flag(server, id, more)
        expect([flagged.status, flagged.json()]).toEqual([201, { count: index + 1 }])
      }
      expect(
        recordsOf(await world.read()).map((row) => [row['flag_option'], row['comment']]),
      ).toEqual([
        ['Bad', ''],
        ['Good', ''],
        ['Good', 'why not'],
        ['Good', 'why'],
      ])
    })

    test('images may be flagged twice: each row has files of its own', async () => {
      const { world, server } = await start(
        { inputs: ['im'], options: ['Bad', 'Good'] },
        route('POST /sepia', api.sepiaTone),
      )
      const headers = { 'content-type': 'image/png' }
      const body = new Uint8Array(png(1))
      const { id } = await send(server, '/sepia', { method: 'POST', headers, body })
      for (const option of ['Bad', 'Good']) await flag(server, id, { option })
      expect(await world.read()).toBe(
        'im,Output,flag_option\nim/0.png,Output/0.png,Bad\nim/1.png,Output/1.png,Good\n',
      )
      expect(await world.bytes('im/1.png')).toEqual(png(1))
    })

    test('a body that is no flag is told so', async () => {
      const { server } = await start()
      const post = (body: string, type = 'application/json') =>
        send(server, '/flag', { method: 'POST', headers: { 'content-type': type }, body })
      const answers = [
        await post(''),
        await post('{"id":'),
        await post('[]'),
        await post('{}'),
        await post('{"id":7}'),
        await post('{"id":""}'),
        await post(`id=${UNKNOWN}`, 'application/x-www-form-urlencoded'),
        await post(UNKNOWN, 'text/plain'),
        await send(server, '/flag', { method: 'POST' }),
        await post(JSON.stringify({ id: UNKNOWN, comment: 'x'.repeat(2_000_000) })),
      ]
      const statuses = answers.map(({ status }) => status)
      expect(statuses.slice(0, 8)).toEqual([400, 400, 400, 400, 400, 400, 415, 415])
      // Neither a body nor a type.
      expect([400, 415]).toContain(statuses[8])
      expect(statuses[9]).toBe(413)
      for (const answer of answers) {
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
        const { status, code } = answer.json<{ status: number; code: string }>()
        expect(status).toBe(answer.status)
        expect(code).toMatch(/^[a-z_]+$/)
      }
      expect((await flag(server, (await calculate(server)).id)).status).toBe(201)
    })

    test('held interactions are bounded in number: the oldest goes first', async () => {
      const { server, mounted } = await start({ inputs, limits: { held: 2 } })
      const ids: (string | null)[] = []
      for (const num1 of [1, 2, 3]) ids.push((await calculate(server, num1)).id)
      expect(mounted.flagging.stats().held).toBe(2)
      const statuses: number[] = []
      for (const id of ids) statuses.push((await flag(server, id)).status)
      expect(statuses).toEqual([404, 201, 201])
    })

    test('held interactions are bounded in bytes: the oldest goes first', async () => {
      const limits = { heldBytes: 1024 * 1024 }
      const { world, server, mounted } = await start({ limits }, route('POST /echo', api.echo))
      const ids: (string | null)[] = []
      const story = 'x'.repeat(100_000)
      for (let n = 0; n < 20; n++) {
        ids.push((await send(server, '/echo', postJSON({ n, story }))).id)
        expect(mounted.flagging.stats().memoryBytes).toBeLessThanOrEqual(limits.heldBytes)
      }
      expect((await flag(server, ids[0] ?? '')).status).toBe(404)
      expect((await flag(server, ids[19] ?? '')).status).toBe(201)
      expect(recordsOf(await world.read('echo/logs.csv'))).toEqual([
        { n: '19', story, 'n 2': '19', 'story 2': story },
      ])
    })

    test('so are their spilled bodies', async () => {
      const limits = { spillBytes: 4 * 1024 * 1024 }
      const { world, server, mounted } = await start({ limits }, route('POST /echo', api.echo))
      const picture = png(9, 500)
      const headers = { 'content-type': 'image/png' }
      const ids: (string | null)[] = []
      for (let count = 0; count < 6; count++) {
        const init = { method: 'POST', headers, body: new Uint8Array(picture) }
        ids.push((await send(server, '/echo', init)).id)
        // Each held interaction takes a little beside its bodies.
        await until(() => mounted.flagging.stats().memoryBytes < 64 * 1024)
        expect(mounted.flagging.stats().spillBytes).toBeLessThanOrEqual(limits.spillBytes)
      }
      expect(mounted.flagging.stats().spillBytes).toBeGreaterThan(picture.length)
      expect((await flag(server, ids[0] ?? '')).status).toBe(404)
      expect((await flag(server, ids[5] ?? '')).status).toBe(201)
      expect(digest(await world.bytes('echo/Input/0.png'))).toBe(digest(picture))
      expect(digest(await world.bytes('echo/Output/0.png'))).toBe(digest(picture))
    })

    test('what nobody flags never touches the disk', async () => {
      const { world, server } = await start({}, route('POST /echo', api.echo))
      for (let count = 0; count < 20; count++) await send(server, '/echo', postJSON({ count }))
      await world.flush()
      expect(await everyFile(world.root)).toEqual([])
    })
  })

  describe('flags from within the host', () => {
    test('a handler may put the id into its own answer', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({})
      const server = await world.serve(
        use(mounted),
        route('POST /ask', async (request) => {
          const { q } = await fieldsOf(request)
          return answerJSON({ answer: q, flagId: mounted.flagging.idOf(request.target) })
        }),
        route('GET /ask', ({ target }) =>
          answerJSON({ flagId: mounted.flagging.idOf(target) ?? 'none' }),
        ),
      )
      const asked = await send(server, '/ask', postJSON({ q: 1 }))
      expect(asked.json()).toEqual({ answer: 1, flagId: asked.id })
      expect(asked.id).toMatch(/^[\w-]{22}$/)
      expect((await send(server, '/ask')).json()).toEqual({ flagId: 'none' })
    })

    test('a handler may flag its own interaction: it is stored when the answer has ended', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({ options: ['Doubtful'], comment: true })
      const counts: Promise<number>[] = []
      const server = await world.serve(
        use(mounted),
        route('POST /ask', async (request) => {
          const { q } = await fieldsOf(request)
          const said = { option: 'Doubtful', comment: 'not sure' }
          if (q === 'hard') counts.push(mounted.flagging.flag(request.target, said))
          return answerJSON({ answer: `re: ${String(q)}` })
        }),
      )
      await send(server, '/ask', postJSON({ q: 'easy' }))
      await send(server, '/ask', postJSON({ q: 'hard' }))
      expect(await Promise.all(counts)).toEqual([1])
      expect(await world.read('ask/logs.csv')).toBe(
        'q,answer,flag_option,comment\nhard,re: hard,Doubtful,not sure\n',
      )
    })

    test('in auto mode such a flag makes the one row of the interaction', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({ mode: 'auto', options: ['Doubtful'], sampleRate: 1 })
      const server = await world.serve(
        use(mounted),
        route('POST /ask', async (request) => {
          const { q } = await fieldsOf(request)
          if (q === 'hard') void mounted.flagging.flag(request.target, { option: 'Doubtful' })
          return answerJSON({ answer: 1 })
        }),
      )
      for (const q of ['easy', 'hard']) {
        await send(server, '/ask', postJSON({ q }))
        await world.flush()
      }
      expect(await world.read('ask/logs.csv')).toBe(
        'q,answer,flag_option\neasy,1,\nhard,1,Doubtful\n',
      )
    })

    test('a flag that fails in a handler harms neither the answer nor the process', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({ options: ['Doubtful'] })
      const server = await world.serve(
        use(mounted),
        route('POST /ask', async (request) => {
          await fieldsOf(request)
          void mounted.flagging.flag(request.target, { option: 'unheard of' })
          return answerJSON({ answer: 1 })
        }),
      )
      const asked = await send(server, '/ask', postJSON({ q: 1 }))
      expect([asked.status, asked.json()]).toEqual([200, { answer: 1 }])
      expect(world.errors).toEqual([
        expect.objectContaining({ code: 'ERR_FLAGGING_UNKNOWN_OPTION' }),
      ])
    })

    test('the server flags by id, too', async () => {
      const { world, server, mounted } = await start()
      const { id } = await calculate(server)
      expect(await mounted.flagging.flag(id ?? '')).toBe(1)
      expect(await mounted.flagging.flag(id ?? '')).toBe(1)
      await expect(mounted.flagging.flag(UNKNOWN)).rejects.toMatchObject({
        code: 'ERR_FLAGGING_NOT_FOUND',
      })
      expect(rowsOf(await world.read())).toHaveLength(2)
    })
  })
}

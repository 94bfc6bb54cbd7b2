import type { FlaggingOptions } from '@flagging/core'
import { image, json, label, number, text } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, route, routesAt, use } from './host.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import {
  digest,
  flag,
  postForm,
  postJSON,
  postParts,
  recordsOf,
  rowsOf,
  send,
  upload,
} from './wire.ts'

const inputs = ['num1', 'operation', 'num2']

/** Samples whose data the client posts. */
export function postedContract(adapter: Adapter): void {
  const start = async (options: FlaggingOptions<object> = {}) => {
    const world = await World.make(adapter)
    const routes = world.flagRoutes({ inputs, acceptData: true, ...options })
    const server = await world.serve(routesAt('/flag', routes))
    return { world, server, routes, post: (body: unknown) => send(server, '/flag', postJSON(body)) }
  }

  describe('posted samples', () => {
    test('come as a list in component order, or by label', async () => {
      const { world, post } = await start({ outputs: ['sum', 'note'] })
      const bodies = [
        { data: [5, 'add', 7, 12, null] },
        { inputs: { num2: 7, num1: 5, operation: 'add' }, outputs: { sum: 12, note: 'ok' } },
        { outputs: { note: 'alone' } },
      ]
      for (const [index, body] of bodies.entries()) {
        const posted = await post(body)
        expect([posted.status, posted.json()]).toEqual([201, { count: index + 1 }])
      }
      expect(await world.read()).toBe(
        'num1,operation,num2,sum,note\n5,add,7,12,\n5,add,7,12,ok\n,,,,alone\n',
      )
    })

    test('may be nested as deep as they like', async () => {
      const { world, server } = await start({ inputs: ['a'], outputs: [], correction: true })
      const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
      for (const depth of [30_000, 150_000]) {
        const small = deep(Math.min(depth, 40_000))
        const body = `{"data":[${deep(depth)}],"correction":${small}}`
        const headers = { 'content-type': 'application/json' }
        const answer = await send(server, '/flag', { method: 'POST', headers, body })
        expect(answer.status).toBe(201)
      }
      const [first, second] = recordsOf(await world.read())
      expect(first).toEqual({ a: deep(30_000), correction: deep(30_000) })
      expect(await world.read(second?.['a'])).toBe(deep(150_000))
    })

    test('come as a form: parts by label, files, JSON components as JSON text', async () => {
      const { world, server } = await start({
        inputs: [image('im'), number('scale'), text('code')],
        outputs: [label('Output'), json('meta')],
        options: ['Bad'],
        comment: true,
      })
      const parts = {
        im: upload(png(1)),
        scale: '1.50',
        code: '007',
        Output: '{"cat":0.7,"dog":0.3}',
        meta: '[1, 2]',
        option: 'Bad',
        comment: 'a dog',
      }
      const posted = await send(server, '/flag', postParts(parts))
      expect([posted.status, posted.json()]).toEqual([201, { count: 1 }])
      expect(recordsOf(await world.read())).toEqual([
        {
          im: 'im/0.png',
          scale: '1.5',
          code: '007',
          Output: '{"cat":0.7,"dog":0.3}',
          meta: '[1,2]',
          flag_option: 'Bad',
          comment: 'a dog',
        },
      ])
      expect(await world.bytes('im/0.png')).toEqual(png(1))
      const large = png(2, 700)
      expect(large.length).toBeGreaterThan(1024 * 1024)
      const later = await send(server, '/flag', postParts({ ...parts, im: upload(large) }))
      expect([later.status, later.json()]).toEqual([201, { count: 2 }])
      expect(digest(await world.bytes('im/1.png'))).toBe(digest(large))
    })

    test('with an id of the client its retries make no second row', async () => {
      const { world, post } = await start()
      const sample = { id: 'mine-1', data: [5, 'add', 7, 12] }
      const answers = [
        await post(sample),
        await post(sample),
        await post({ ...sample, id: 'mine-2' }),
        await post({ id: 'mine-1', data: [5, 'add', 7, 13] }),
        await post(sample),
      ]
      expect(answers.map(({ status, json: body }) => [status, body()])).toEqual([
        [201, { count: 1 }],
        [200, { count: 1 }],
        [201, { count: 2 }],
        [201, { count: 3 }],
        [200, { count: 1 }],
      ])
      expect(rowsOf(await world.read())).toHaveLength(4)
    })

    test('retries of a form with files are known by the content of the files', async () => {
      const { world, server } = await start({ inputs: ['im'], outputs: [] })
      const post = (seed: number) =>
        send(server, '/flag', postParts({ id: 'mine', im: upload(png(seed)) }))
      const statuses = [await post(1), await post(1), await post(2)].map(({ status }) => status)
      expect(statuses).toEqual([201, 200, 201])
      expect(await world.files()).toEqual(['im/0.png', 'im/1.png', 'logs.csv'])
    })

    test('fifty retries at once make one row; without an id each is a sample', async () => {
      const { world, post } = await start()
      const data = [5, 'add', 7, 12]
      const retries = await Promise.all(Array.from({ length: 50 }, () => post({ id: 'x', data })))
      expect(retries.filter(({ status }) => status === 201)).toHaveLength(1)
      expect(retries.filter(({ status }) => status === 200)).toHaveLength(49)
      await Promise.all([post({ data }), post({ data })])
      expect(rowsOf(await world.read())).toHaveLength(4)
    })

    test('what does not fit is a 400 that says why, and no row', async () => {
      const { world, post, server } = await start({
        inputs: [text('name'), number('age')],
        outputs: ['Output'],
        options: ['Bad'],
      })
      const option = 'Bad'
      const wrong: [answer: Awaited<ReturnType<typeof post>>, reason: RegExp][] = [
        [await post({ option, data: [1, 2] }), /3 values: name, age, Output/],
        [await post({ option, data: [1, 2, 3, 4] }), /3 values/],
        [await post({ option, data: { name: 1 } }), /list/],
        [await post({ option, inputs: { nam: 1 } }), /nam\b.*name, age/],
        [await post({ option, inputs: { Output: 1 } }), /Output/],
        [await post({ option, outputs: { age: 1 } }), /age/],
        [await post({ option, inputs: [1, 2] }), /objects/],
        [await post({ data: ['a', 1, 2] }), /Bad/],
        [await post({ option: 'Worse', data: ['a', 1, 2] }), /Bad/],
        [await post({ option, data: ['a', 1, 2], comment: 'x' }), /omment/],
        [await post({ option, data: ['a', 1, 2], correction: 4 }), /orrection/],
        [await post({ option, data: ['a', 1, 2], id: 7 }), /id/],
        [await send(server, '/flag', postParts({ option, name: upload(png(1)) })), /name/],
        [await send(server, '/flag', postParts({ option, nick: 'x' })), /nick/],
      ]
      for (const [answer, reason] of wrong) {
        expect(answer.status).toBe(400)
        expect(answer.json<{ detail: string }>().detail).toMatch(reason)
      }
      expect(await world.files()).toEqual([])
    })

    test('other types of body are a 415, broken ones a 400, too large ones a 413', async () => {
      const { server } = await start({ limits: { bodyBytes: 2000 } })
      const post = (body: string, type: string) =>
        send(server, '/flag', { method: 'POST', headers: { 'content-type': type }, body })
      const answers = [
        await post('x', 'text/plain'),
        await send(server, '/flag', postForm({ num1: '5' })),
        await post('{"data":[', 'application/json'),
        await post('--X\r\nContent-Disp', 'multipart/form-data; boundary=X'),
        await post('x', 'multipart/form-data'),
        await post(JSON.stringify({ data: ['x'.repeat(3000), 1, 2, 3] }), 'application/json'),
      ]
      const statuses = answers.map(({ status }) => status)
      expect(statuses.slice(0, 4)).toEqual([415, 415, 400, 400])
      expect([400, 415]).toContain(statuses[4])
      expect(statuses[5]).toBe(413)
      expect((await send(server, '/flag', postJSON({ data: [5, 'add', 7, 12] }))).status).toBe(201)
    })

    test('no posted value is a path, an address or a formula', async () => {
      const { world, post } = await start({ inputs: [image('im'), 'value'] })
      const file = {
        path: '/etc/passwd',
        url: 'file:///etc/hosts',
        meta: { _type: 'gradio.FileData' },
      }
      await post({ data: [file, '=1+1', '/etc/passwd'] })
      await post({ data: ['im/0.png', '@x', 'file:///etc/passwd'] })
      expect(rowsOf(await world.read())).toEqual([
        ['im', 'value', 'Output'],
        [JSON.stringify(file), "'=1+1", '/etc/passwd'],
        ["'im/0.png", "'@x", 'file:///etc/passwd'],
      ])
      expect(await world.files()).toEqual(['logs.csv'])
    })

    test('a middleware that captures takes them as well as ids', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ inputs, acceptData: true })),
        route('POST /calculate', api.calculator),
      )
      const { id } = await send(
        server,
        '/calculate',
        postJSON({ num1: 5, operation: 'add', num2: 7 }),
      )
      expect((await flag(server, id)).json()).toEqual({ count: 1 })
      const posted = await send(server, '/flag', postJSON({ data: [6, 'subtract', 1.5, 4.5] }))
      expect(posted.json()).toEqual({ count: 2 })
      expect(await world.read()).toBe(
        'num1,operation,num2,Output\n5,add,7,12\n6,subtract,1.5,4.5\n',
      )
    })

    test('without acceptData they are not taken', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging({ inputs })))
      const posted = await send(server, '/flag', postJSON({ data: [5, 'add', 7, 12] }))
      expect(posted.status).toBe(400)
      const parts = await send(server, '/flag', postParts({ num1: '5' }))
      expect(parts.status).toBe(415)
      expect(await world.files()).toEqual([])
    })

    test('in auto and never mode they are a 404, too', async () => {
      for (const mode of ['auto', 'never'] as const) {
        const { post } = await start({ mode })
        const posted = await post({ data: [5, 'add', 7, 12] })
        expect([posted.status, posted.json<{ code: string }>().code]).toEqual([404, `mode_${mode}`])
      }
    })

    test('flag routes that have nothing to do throw at start', () => {
      expect(() => adapter.flagRoutes({})).toThrow(
        expect.objectContaining({ code: 'ERR_FLAGGING_OPTION' }),
      )
      expect(() => adapter.flagRoutes({ inputs })).toThrow('acceptData')
    })

    test('the flag routes carry their flagging', async () => {
      const { routes } = await start()
      expect(routes.flagging.mode).toBe('manual')
      expect(routes.flagging.components.map((component) => component.label)).toEqual([
        ...inputs,
        'Output',
      ])
    })
  })
}

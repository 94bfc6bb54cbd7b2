import { createServer } from 'node:http'
import { CSVLogger, file, image, json, text } from '@flagging/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, type Entry, route, use } from './host.ts'
import { listen } from './listen.ts'
import { loaded, loadedInputs } from './loaded.ts'
import { World } from './world.ts'
import { digest, recordsOf, rowsOf, send } from './wire.ts'

const JSON_TYPE = 'application/json'

/** JSON texts, and what is read back of them: exactly what they say. */
const TEXTS: Record<string, readonly [body: string, inputs: Record<string, unknown>]> = {
  types: [
    '{"a":-1.5,"b":"-1.5","c":-0,"d":1e21,"e":true,"f":false,"g":null,"h":"","i":[],"j":{}}',
    { a: -1.5, b: '-1.5', c: -0, d: 1e21, e: true, f: false, g: null, h: '', i: [], j: {} },
  ],
  strings: [
    '{"a":"007","b":"1e3","c":"true","d":"null","e":"\'=1","f":"[1]","g":" x ","h":"a/0.png"}',
    { a: '007', b: '1e3', c: 'true', d: 'null', e: "'=1", f: '[1]', g: ' x ', h: 'a/0.png' },
  ],
  surrogates: [
    '{ "s": "\\ud800", "t": "\\uDC00\\ud83d", "u": "\\u0000=1", "o": { "s": ["\\uD800"] } }',
    { s: '\ud800', t: '\udc00\ud83d', u: '\0=1', o: { s: ['\ud800'] } },
  ],
  keys: [
    '{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}},"toString":1,"":2}',
    Object.fromEntries([
      ['__proto__', { x: 1 }],
      ['constructor', { prototype: { y: 1 } }],
      ['toString', 1],
      ['_', 2],
    ]),
  ],
  paths: [
    '{"image":{"path":"/etc/passwd","meta":{"_type":"gradio.FileData"}},"p":"file:///etc/hosts"}',
    { image: { path: '/etc/passwd', meta: { _type: 'gradio.FileData' } }, p: 'file:///etc/hosts' },
  ],
  list: ['[1,"two",null,{"a":-0}]', { Input: [1, 'two', null, { a: -0 }] }],
  null: ['null', { Input: null }],
  text: ['"text"', { Input: 'text' }],
  number: ['-0', { Input: -0 }],
  blank: [' \r\n{ "a" : [ 1 , 2 ] }\t', { a: [1, 2] }],
  'byte-order-mark': ['\ufeff{"a":1}', { a: 1 }],
  broken: ['{"a":1', { Input: '{"a":1' }],
  none: ['not json', { Input: 'not json' }],
  formula: ['=1+1', { Input: '=1+1' }],
  empty: ['', {}],
}

/** JSON bodies as nobody should send them: what was captured is what came. */
export function hostileJSONContract(adapter: Adapter): void {
  const start = async (options: Parameters<World['flagging']>[0], ...routes: readonly Entry[]) => {
    const world = await World.make(adapter)
    const server = await world.serve(use(world.flagging({ mode: 'auto', ...options })), ...routes)
    const post = (path: string, body: string, type = JSON_TYPE) =>
      send(server, path, { method: 'POST', headers: { 'content-type': type }, body })
    return { world, post }
  }

  describe('hostile JSON', () => {
    test('every value is read back as it was sent', async () => {
      const routes = Object.keys(TEXTS).map((name) => route(`POST /${name}`, api.sink))
      const { world, post } = await start({}, ...routes)
      for (const [name, [body]] of Object.entries(TEXTS)) await post(`/${name}`, body)
      await world.flush()
      const inputs = await loadedInputs(world)
      for (const [name, [, expected]] of Object.entries(TEXTS)) {
        expect([name, Object.entries(inputs[name] ?? {})]).toEqual([name, Object.entries(expected)])
      }
      expect(({} as Record<string, unknown>)['x']).toBeUndefined()
      expect(({} as Record<string, unknown>)['y']).toBeUndefined()
    })

    test('a body may say by many names that it is JSON', async () => {
      const types = ['application/vnd.api+json; charset=UTF-8', 'Application/JSON', 'text/json']
      const { world, post } = await start({}, route('POST /sink', api.sink))
      for (const type of types) await post('/sink', '{"a":[1]}', type)
      await world.flush()
      const { sink = [] } = await loaded(world)
      expect(sink.map(({ inputs }) => inputs)).toEqual(types.map(() => ({ a: [1] })))
    })

    test('digits beyond double precision stand in the log as they were sent', async () => {
      const inputs = ['n', text('t'), json('big', { from: 'o.big' }), json('at', { from: 'l.1.n' })]
      const { world, post } = await start(
        { inputs, outputs: ['Output'] },
        route('POST /echo', api.echo),
      )
      const body =
        '{"n":12345678901234567890,"t":1.10,"o":{"big":1e400},"l":[0,{"n":0.1000000000000000055511}]}'
      await post('/echo', body)
      await world.flush()
      expect(recordsOf(await world.read())).toEqual([
        {
          n: '12345678901234567890',
          t: '1.10',
          big: '1e400',
          at: '0.1000000000000000055511',
          Output: body,
        },
      ])
    })

    test('so do those of a correction, which is another one where only they differ', async () => {
      const world = await World.make(adapter)
      const options = { inputs: ['a'], outputs: [], correction: true }
      const server = await world.serve(use(world.flagging(options)), route('POST /sink', api.sink))
      const headers = { 'content-type': JSON_TYPE }
      const ask = { method: 'POST', headers, body: '{"a":1}' }
      const { id } = await send(server, '/sink', ask)
      const texts = ['12345678901234567890', '12345678901234567891', '{"n":1e400,"token":1.10}']
      for (const [n, text] of [...texts, texts[0]].entries()) {
        const body = `{"id":"${id}","correction": ${text}}`
        const { status } = await send(server, '/flag', { ...ask, body })
        expect([n, status]).toEqual([n, n === 3 ? 200 : 201])
      }
      expect(recordsOf(await world.read()).map(({ correction }) => correction)).toEqual([
        ...texts.slice(0, 2),
        '{"n":1e400,"token":"[redacted]"}',
      ])
    })

    test('no depth of nesting is too deep to be kept', async () => {
      const { world, post } = await start({}, route('POST /sink', api.sink))
      const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
      await post('/sink', deep)
      await world.flush()
      await post('/sink', `{"a":1,"b":${deep}}`)
      await world.flush()
      const [, [whole] = [], ...more] = rowsOf(await world.read('sink/logs.csv'))
      expect(more).toEqual([])
      expect(digest(await world.read(`sink/${whole ?? ''}`))).toBe(digest(deep))
      const [second] = recordsOf(await world.read('sink/logs2.csv'))
      expect(second).toMatchObject({ Input: '', a: '1' })
      expect(digest(await world.read(`sink/${second?.['b'] ?? ''}`))).toBe(digest(deep))
    })

    test('no number of keys makes more columns than the limit, or new ones each time', async () => {
      const { world, post } = await start({}, route('POST /sink', api.sink))
      const keys = (first: number, count: number, value: string) =>
        Array.from({ length: count }, (_, n) => `"k${first + n}":${value}`).join()
      await post('/sink', `{${keys(0, 10_000, '1e400')}}`)
      await world.flush()
      await post('/sink', `{${keys(10_000, 500, '2')},"k0":3,"9":-0,"1":0}`)
      await world.flush()
      expect(await world.files()).toEqual(['sink/logs.csv', 'sink/other/0.json'])
      const [header = [], first = [], second = []] = rowsOf(await world.read('sink/logs.csv'))
      expect(header).toHaveLength(64)
      expect(first.slice(0, 63)).toEqual(Array(63).fill('1e400'))
      expect(second.slice(0, 3)).toEqual(['3', '', ''])
      const rest = await world.read('sink/other/0.json')
      expect(rest.startsWith('{"k63":1e400,"k64":1e400,')).toBe(true)
      expect(rest.endsWith(',"k9999":1e400,"ok":true}')).toBe(true)
      expect(second.at(-1)?.endsWith(',"k10499":2,"9":-0,"1":0,"ok":true}')).toBe(true)
    })

    test('no address in a body is ever asked', async () => {
      const asked: unknown[] = []
      const canary = createServer().on('connection', (socket) => asked.push(socket))
      const { origin, close } = await listen(canary)
      onTestFinished(close)
      const { world, post } = await start(
        { inputs: [image('url'), file('path'), 'plain'], outputs: [] },
        route('POST /sink', api.sink),
      )
      const body = { url: `${origin}/x.png`, path: 'file:///etc/hosts', plain: `${origin}/y` }
      await post('/sink', JSON.stringify(body))
      await world.flush()
      expect((await loaded(world))['']?.[0]?.inputs).toEqual(body)
      expect(await world.files()).toEqual(['logs.csv'])
      expect(asked).toEqual([])
    })

    test('an answer that is no JSON though it says so is kept as it came', async () => {
      const broken = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0x80])])
      const headers = [['content-type', JSON_TYPE]] as const
      const { world, post } = await start(
        { callback: () => new CSVLogger({ columns: ['truncated', 'ended'] }) },
        route('POST /text', api.reading({ headers, body: '{"a":1' })),
        route('POST /bytes', api.reading({ headers, body: broken })),
      )
      await post('/text', '{"q":1}')
      await post('/bytes', '{"q":1}')
      await world.flush()
      const { text: one, bytes } = await loaded(world)
      expect(one?.[0]?.outputs).toEqual({ Output: '{"a":1' })
      expect(bytes?.[0]?.outputs).toEqual({ Output: broken })
      expect(bytes?.[0]?.details).toMatchObject({ truncated: false, ended: 'complete' })
    })
  })
}

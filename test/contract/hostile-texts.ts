import { CSVLogger } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, type Entry, route, use } from './host.ts'
import { loaded, loadedInputs } from './loaded.ts'
import { World } from './world.ts'
import { readAnswer, rowsOf, send } from './wire.ts'

const FORM = 'application/x-www-form-urlencoded'
const all = Array.from({ length: 256 }, (_, byte) => byte)

/** Bodies by their type, and what is read back of them. */
const BODIES: Record<
  string,
  readonly [type: string | undefined, body: string | Buffer, inputs: Record<string, unknown>]
> = {
  repeated: [FORM, 'a=1&a=2&b=&c&a=1', { a: ['1', '2', '1'], b: '', c: '' }],
  'broken-escapes': [
    FORM,
    'a=%&b=%zz&%ff=%fe&c[b=1&d=%e2%82',
    { a: '%', b: '%zz', '\ufffd': '\ufffd', 'c[b': 1, d: '\ufffd' },
  ],
  brackets: [
    FORM,
    'a[__proto__]=b&a[__proto__]&a[length]=100000000&__proto__[p]=1&__proto__=2',
    Object.fromEntries([
      ['a[__proto__]', ['b', '']],
      ['a[length]', 100_000_000],
      ['__proto__[p]', 1],
      ['__proto__', 2],
    ]),
  ],
  spelled: [
    FORM,
    'a=007&b=1e3&c=-1.5&d=true&e=+5&f=0x1f&g=NaN&h=-0&i==1%2B1&j=1.0',
    {
      a: '007',
      b: '1e3',
      c: -1.5,
      d: 'true',
      e: ' 5',
      f: '0x1f',
      g: 'NaN',
      h: '-0',
      i: '=1+1',
      j: '1.0',
    },
  ],
  'form-charset': [`${FORM}; charset=iso-8859-1`, Buffer.from('a=é', 'latin1'), { a: 'é' }],
  'no-pairs': [FORM, '&&&=&', { _: '' }],
  text: ['text/plain', 'Grüße, 日本 😀\r\n\ttab', { Input: 'Grüße, 日本 😀\r\n\ttab' }],
  latin1: ['text/plain; charset=latin1', Buffer.from('na\xefve', 'latin1'), { Input: 'naïve' }],
  utf16: ['text/plain; charset="UTF-16LE"', Buffer.from('日本😀', 'utf16le'), { Input: '日本😀' }],
  'utf16-json': [
    'application/json; charset=utf-16',
    Buffer.from('\ufeff{"a":"é"}', 'utf16le'),
    { a: 'é' },
  ],
  'byte-order-mark': ['text/plain', '\ufeffa', { Input: 'a' }],
  'no-charset': ['text/plain; charset=klingon', 'é', { Input: 'é' }],
  'not-utf-8': [
    'text/plain',
    Buffer.from('na\xefve', 'latin1'),
    { Input: Buffer.from('na\xefve', 'latin1') },
  ],
  octets: ['application/octet-stream', Buffer.from(all), { Input: Buffer.from(all) }],
  'lying-picture': ['image/png', Buffer.from('GIF89a'), { Input: Buffer.from('GIF89a') }],
  untyped: [
    undefined,
    Buffer.from([0x9f, 1, 0xee, 0, 0xc0]),
    { Input: Buffer.from([0x9f, 1, 0xee, 0, 0xc0]) },
  ],
  'untyped-json': [undefined, Buffer.from('{"a":1}'), { a: 1 }],
  garbage: ['garbage', 'plain', { Input: 'plain' }],
}

/** Forms, texts and bytes as nobody should send them: what was captured is what came. */
export function hostileTextsContract(adapter: Adapter): void {
  const start = async (...routes: readonly Entry[]) => {
    const world = await World.make(adapter)
    const callback = () => new CSVLogger({ columns: ['truncated'] })
    const server = await world.serve(use(world.flagging({ mode: 'auto', callback })), ...routes)
    return { world, server }
  }

  describe('hostile forms, texts and bytes', () => {
    test('are read back as they were sent', async () => {
      const routes = Object.keys(BODIES).map((name) => route(`POST /${name}`, api.sink))
      const { world, server } = await start(...routes)
      for (const [name, [type, body]] of Object.entries(BODIES)) {
        const bytes = new Uint8Array(Buffer.from(body))
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
        await send(server, `/${name}`, { method: 'POST', headers, body: bytes })
      }
      await world.flush()
      const inputs = await loadedInputs(world)
      for (const [name, [, , expected]] of Object.entries(BODIES)) {
        expect([name, Object.entries(inputs[name] ?? {})]).toEqual([name, Object.entries(expected)])
      }
      expect(({} as Record<string, unknown>)['p']).toBeUndefined()
    })

    test('values over the limit of fields are left out, and the row says so', async () => {
      const names = ['form', 'list', 'nested', 'query', 'ampersands', 'exact']
      const { world, server } = await start(
        ...names.map((name) => route(`POST /${name}`, api.sink)),
      )
      const many = (pair: (n: number) => string, count = 1100) =>
        Array.from({ length: count }, (_, n) => pair(n)).join('&')
      const post = (path: string, body: string) =>
        send(server, path, { method: 'POST', headers: { 'content-type': FORM }, body })
      await post(
        '/form',
        many((n) => `f${n}=1`),
      )
      await post(
        '/list',
        many(() => 'a[]=1'),
      )
      await post(
        '/nested',
        many((n) => `a${'[b]'.repeat(60)}${n}=1`),
      )
      await post(`/query?${many((n) => `q${n}=1`)}`, 'a=1')
      await post(`/ampersands?${'&'.repeat(14_000)}`, '&'.repeat(15_000))
      await post(
        '/exact',
        many(() => 'a=1', 256),
      )
      await world.flush()
      const samples = await loaded(world)
      const told = names.map((name) => [name, samples[name]?.[0]?.details.truncated])
      expect(told).toEqual([
        ['form', true],
        ['list', true],
        ['nested', true],
        ['query', true],
        ['ampersands', false],
        ['exact', false],
      ])
      expect(samples['list']?.[0]?.inputs['a[]']).toEqual(Array(256).fill('1'))
      expect(samples['exact']?.[0]?.inputs['a']).toHaveLength(256)
    })

    test('a query is no formula, and pollutes nothing', async () => {
      const { world, server } = await start(route('POST /sink', api.sink))
      await send(server, "/sink?x==cmd|'/c calc'!A1&__proto__[p]=1&n=-2&n=%ff", { method: 'POST' })
      await world.flush()
      expect((await loaded(world))['sink']?.[0]?.inputs).toEqual({
        x: "=cmd|'/c calc'!A1",
        '__proto__[p]': 1,
        n: ['-2', '\ufffd'],
      })
      for (const cell of rowsOf(await world.read('sink/logs.csv')).flat()) {
        expect(cell).not.toMatch(/^[=+@]/)
      }
      expect(({} as Record<string, unknown>)['p']).toBeUndefined()
    })

    test('a body on a DELETE is captured where such requests count', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ mode: 'auto', inputs: ['a'], outputs: ['ok'] })),
        route('DELETE /items', api.sink),
        route('POST /sink', api.sink),
      )
      const headers = { 'content-type': 'application/json' }
      await send(server, '/items', { method: 'DELETE', headers, body: '{"a":"gone"}' })
      await send(server, '/items', { method: 'DELETE' })
      await world.flush()
      expect(await world.read()).toBe('a,ok\ngone,true\n')
    })

    test('characters that are split over chunks are whole', async () => {
      const story = 'é日本😀'
      const bytes = Buffer.from(story)
      const pieces = [...bytes].map((byte) => Uint8Array.of(byte))
      const { world, server } = await start(
        route('POST /text', api.streaming('text/plain; charset=utf-8', pieces)),
        route('POST /json', api.reading(answerJSON({ story }))),
      )
      const slowly = () =>
        new ReadableStream<Uint8Array>({
          pull(controller) {
            const piece = left.shift()
            if (piece) controller.enqueue(piece)
            else controller.close()
          },
        })
      const headers = { 'content-type': 'text/plain' }
      const left = [...pieces]
      const init = { method: 'POST', headers, body: slowly(), duplex: 'half' } as RequestInit
      expect((await readAnswer(await server.request('/text', init))).text).toBe(story)
      await world.flush()
      const [sample] = (await loaded(world))['text'] ?? []
      expect([sample?.inputs, sample?.outputs]).toEqual([{ Input: story }, { Output: story }])
    })
  })
}

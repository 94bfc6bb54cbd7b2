import { brotliCompressSync, gzipSync } from 'node:zlib'
import { CSVLogger, file, image, json, text } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, type Entry, route, use } from './host.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import { digest, postJSON, postParts, recordsOf, rowsOf, send, upload } from './wire.ts'

/** What becomes of bodies of all kinds and sizes. */
export function capturedBodiesContract(adapter: Adapter): void {
  const auto = async (...routes: readonly Entry[]) => {
    const world = await World.make(adapter)
    const server = await world.serve(use(world.flagging({ mode: 'auto' })), ...routes)
    return { world, server }
  }

  describe('captured bodies', () => {
    test('a JSON body of more than a megabyte is kept whole, its cell in a file of its own', async () => {
      const { world, server } = await auto(route('POST /echo', api.echo))
      const story = 'ein Wörtchen '.repeat(100_000)
      const answer = await send(server, '/echo', postJSON({ story }))
      expect(answer.json()).toEqual({ story })
      await world.flush()
      expect(rowsOf(await world.read('echo/logs.csv'))).toEqual([
        ['story', 'story 2'],
        ['story/0.txt', 'story 2/0.txt'],
      ])
      expect(digest(await world.read('echo/story/0.txt'))).toBe(digest(story))
      expect(digest(await world.read('echo/story 2/0.txt'))).toBe(digest(story))
    })

    test('uploads and answers of a megabyte are stored byte for byte', async () => {
      const { world, server } = await auto(route('POST /sepia', api.sepiaTone))
      const picture = png(6, 700)
      expect(picture.length).toBeGreaterThan(1024 * 1024)
      const answer = await send(server, '/sepia', postParts({ im: upload(picture) }))
      await world.flush()
      expect(digest(await world.bytes('sepia/im/0.png'))).toBe(digest(picture))
      expect(digest(await world.bytes('sepia/Output/0.png'))).toBe(digest(answer.bytes))
    })

    test('all byte values pass unchanged', async () => {
      const { world, server } = await auto(route('POST /echo', api.echo))
      const bytes = Buffer.from(Array.from({ length: 256_000 }, (_, index) => index % 256))
      const headers = { 'content-type': 'application/octet-stream' }
      await send(server, '/echo', { method: 'POST', headers, body: new Uint8Array(bytes) })
      await world.flush()
      expect(await world.read('echo/logs.csv')).toBe('Input,Output\nInput/0.bin,Output/0.bin\n')
      expect(digest(await world.bytes('echo/Input/0.bin'))).toBe(digest(bytes))
      expect(digest(await world.bytes('echo/Output/0.bin'))).toBe(digest(bytes))
    })

    test('a text is a text, a JSON list or scalar is Input', async () => {
      const { world, server } = await auto(route('POST /echo', api.echo))
      const headers = { 'content-type': 'text/plain; charset=utf-8' }
      await send(server, '/echo', { method: 'POST', headers, body: 'Grüße, =1+1' })
      await world.flush()
      for (const value of [[1, 'two', null], 'text', true]) {
        await send(server, '/echo', postJSON(value))
        await world.flush()
      }
      expect(rowsOf(await world.read('echo/logs.csv'))).toEqual([
        ['Input', 'Output'],
        ['Grüße, =1+1', 'Grüße, =1+1'],
        ['[1,"two",null]', '[1,"two",null]'],
        ['text', 'text'],
        ['true', 'true'],
      ])
    })

    test('JSON keeps its digits, its key order, and its hostile keys', async () => {
      const { world, server } = await auto(route('POST /sink', api.sink))
      const body =
        '{"n":12345678901234567890,"o":{"2":1,"1":2},"__proto__":{"x":1},"neg":-1.5,"zero":-0}'
      const headers = { 'content-type': 'application/vnd.api+json; charset=UTF-8' }
      await send(server, '/sink', { method: 'POST', headers, body })
      await world.flush()
      expect(rowsOf(await world.read('sink/logs.csv'))).toEqual([
        ['n', 'o', '__proto__', 'neg', 'zero', 'ok'],
        ['12345678901234567890', '{"2":1,"1":2}', '{"x":1}', '-1.5', '-0', 'true'],
      ])
      expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    })

    test('no cell is a formula', async () => {
      const { world, server } = await auto(route('POST /sink', api.sink))
      const body = { a: '=1+1', b: '+1', c: '@SUM(A1)', d: '\t=1', e: ' =1', f: 'x;=1', '=g': -1 }
      await send(server, '/sink', postJSON(body))
      await world.flush()
      for (const cell of rowsOf(await world.read('sink/logs.csv')).flat()) {
        expect(cell).toMatch(/^(-?\d|[^=+\-@\t\s])/)
      }
    })

    test('false and 0 are values, null and missing fields are empty cells', async () => {
      const world = await World.make(adapter)
      const inputs = ['no', 'zero', 'empty', 'nothing', 'missing']
      const server = await world.serve(
        use(world.flagging({ mode: 'auto', inputs })),
        route('POST /sink', api.reading(answerJSON(null))),
      )
      await send(server, '/sink', postJSON({ no: false, zero: 0, empty: '', nothing: null }))
      await world.flush()
      expect(await world.read()).toBe('no,zero,empty,nothing,missing,Output\nfalse,0,"""""",,,\n')
    })

    test('parts are files by their file name, not by their type; several share a cell', async () => {
      const hosts = [route('POST /sink', api.sink), route('POST /more', api.sink)]
      const { world, server } = await auto(...hosts)
      const body = [
        '--X\r\nContent-Disposition: form-data; name="doc"; filename="x.txt"\r\n\r\nd\r\n',
        '--X\r\nContent-Disposition: form-data; name="meta"\r\n',
        'Content-Type: application/json\r\n\r\n{"k":1}\r\n',
        '--X\r\nContent-Disposition: form-data; name="empty"; filename=""\r\n',
        'Content-Type: application/octet-stream\r\n\r\n\r\n--X--\r\n',
      ].join('')
      const headers = { 'content-type': 'multipart/form-data; boundary=X' }
      await send(server, '/sink', { method: 'POST', headers, body })
      await world.flush()
      const [record] = recordsOf(await world.read('sink/logs.csv'))
      expect(record?.['doc']).toMatch(/^doc\/0\.\w+$/)
      expect(await world.read(`sink/${record?.['doc'] ?? ''}`)).toBe('d')
      // A string, and not the JSON that it looks like.
      expect(record?.['meta']).toBe(`'{"k":1}`)
      await send(server, '/more', postParts({ im: [upload(png(1)), upload(png(2))], note: 'two' }))
      await world.flush()
      expect(recordsOf(await world.read('more/logs.csv'))).toEqual([
        { im: '["im/0-0.png","im/0-1.png"]', note: 'two', ok: 'true' },
      ])
      expect(await world.bytes('more/im/0-0.png')).toEqual(png(1))
      expect(await world.bytes('more/im/0-1.png')).toEqual(png(2))
    })

    test('active content is stored inert, and no name of a file or field becomes a path', async () => {
      const { world, server } = await auto(route('POST /sink', api.sink))
      const page = Buffer.from('<!doctype html><script>alert(1)</script>')
      const names = { page: 'x.html', shell: 'x.php', picture: 'x.svg' }
      const types = { page: 'text/html', shell: 'application/x-php', picture: 'image/svg+xml' }
      const parts = Object.entries(names).map(([field, name]) => [
        field,
        upload(page, name, types[field as keyof typeof types]),
      ])
      await send(server, '/sink', postParts(Object.fromEntries(parts) as Record<string, File>))
      await world.flush()
      expect(await world.files()).toEqual([
        'sink/logs.csv',
        'sink/page/0.bin',
        'sink/picture/0.bin',
        'sink/shell/0.bin',
      ])
      const paths = { '../../x': upload(png(1), '../../../etc/passwd'), '..': upload(png(2), '/x') }
      await send(server, '/sink', postParts(paths))
      await world.flush()
      const files = await world.files(world.root)
      expect(files.every((path) => path.startsWith('flagged/sink/'))).toBe(true)
      expect(files.filter((path) => /\/\d+\.png$/.test(path))).toHaveLength(2)
    })

    test('no value is taken for a path or an address', async () => {
      const { world, server } = await auto(route('POST /sink', api.sink))
      const picture = { path: '/etc/passwd', meta: { _type: 'gradio.FileData' } }
      await send(server, '/sink', postJSON({ picture, place: '/etc/passwd', own: 'own/0.png' }))
      await world.flush()
      expect(recordsOf(await world.read('sink/logs.csv'))).toEqual([
        {
          picture: JSON.stringify(picture),
          place: '/etc/passwd',
          own: "'own/0.png",
          ok: 'true',
        },
      ])
      expect(await world.files()).toEqual(['sink/logs.csv'])
    })

    test('data: addresses in image and file components become files', async () => {
      const world = await World.make(adapter)
      const inputs = [image('picture'), file('note')]
      const server = await world.serve(
        use(world.flagging({ mode: 'auto', inputs, outputs: [json('Output')] })),
        route('POST /sink', api.sink),
      )
      const picture = `data:image/png;base64,${png(1).toString('base64')}`
      await send(server, '/sink', postJSON({ picture, note: 'data:text/plain,hello' }))
      await world.flush()
      const [record] = recordsOf(await world.read())
      expect(record?.['picture']).toBe('picture/0.png')
      expect(await world.bytes('picture/0.png')).toEqual(png(1))
      expect(await world.read(record?.['note'])).toBe('hello')
    })

    test('content codings are undone', async () => {
      const { world, server } = await auto(
        route('POST /squeezed', async (request) => {
          for await (const chunk of request.chunks()) void chunk
          return {
            headers: [
              ['content-type', 'application/json'],
              ['content-encoding', 'br'],
            ],
            body: brotliCompressSync('{"sum":12}'),
          }
        }),
      )
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
      const body = new Uint8Array(gzipSync('{"num1":5,"num2":7}'))
      await send(server, '/squeezed', { method: 'POST', headers, body })
      await world.flush()
      expect(await world.read('squeezed/logs.csv')).toBe('num1,num2,sum\n5,7,12\n')
    })

    test('NDJSON is a list of its lines, other server-sent events a list of their data', async () => {
      const { world, server } = await auto(
        route('POST /lines', api.streaming('application/x-ndjson', ['{"n":', '1}\n{"n":2', '}\n'])),
        route(
          'POST /events',
          api.streaming('text/event-stream', [
            'event: tick\nda',
            'ta: {"t":1}\n\n: ping\n\ndata: two\n\n',
          ]),
        ),
      )
      await send(server, '/lines', postJSON({ q: 1 }))
      await send(server, '/events', postJSON({ q: 1 }))
      await world.flush()
      expect(rowsOf(await world.read('lines/logs.csv'))[1]).toEqual(['1', '[{"n":1},{"n":2}]'])
      expect(rowsOf(await world.read('events/logs.csv'))[1]).toEqual(['1', '[{"t":1},"two"]'])
    })

    test('a body that is no JSON though it says so is kept as it came', async () => {
      const { world, server } = await auto(route('POST /sink', api.sink))
      const headers = { 'content-type': 'application/json' }
      await send(server, '/sink', { method: 'POST', headers, body: '{"a":1' })
      await world.flush()
      const [record] = recordsOf(await world.read('sink/logs.csv'))
      const cell = record?.['Input'] ?? ''
      const kept = cell.startsWith('Input/') ? await world.read(`sink/${cell}`) : cell
      expect(kept.replace(/^'/, '')).toBe('{"a":1')
      expect(record?.['ok']).toBe('true')
    })

    test('a body over the cap is cut for the log alone, and the row says so', async () => {
      const world = await World.make(adapter)
      const callback = () => new CSVLogger({ columns: ['truncated'] })
      const mounted = world.flagging({ mode: 'auto', callback, limits: { bodyBytes: 1000 } })
      const server = await world.serve(use(mounted), route('POST /echo', api.echo))
      const headers = { 'content-type': 'text/plain' }
      const body = 'x'.repeat(5000)
      expect((await send(server, '/echo', { method: 'POST', headers, body })).text).toBe(body)
      await send(server, '/echo', { method: 'POST', headers, body: 'short' })
      await world.flush()
      const records = recordsOf(await world.read('echo/logs.csv'))
      expect(records).toEqual([
        { Input: 'x'.repeat(1000), Output: 'x'.repeat(1000), truncated: 'true' },
        { Input: 'short', Output: 'short', truncated: 'false' },
      ])
    })

    test('declared components are found by path, place and function', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(
          world.flagging({
            mode: 'auto',
            inputs: [
              text('prompt', { from: 'messages.content' }),
              text('user', { from: { param: 'user' } }),
              text('page', { from: { query: 'user' } }),
              text('method', { from: (interaction) => interaction.method }),
            ],
            outputs: [json('first'), json('second')],
          }),
        ),
        route('POST /ask/:user', api.reading(answerJSON(['one', { two: 2 }]))),
      )
      await send(server, '/ask/ann?user=p%201', postJSON({ messages: { content: '007' }, user: 0 }))
      await world.flush()
      expect(rowsOf(await world.read())).toEqual([
        ['prompt', 'user', 'page', 'method', 'first', 'second'],
        ['007', 'ann', 'p 1', 'POST', 'one', '{"two":2}'],
      ])
    })
  })
}

/** Where a request goes on though it is answered: over HTTP/2 an answer ends it. */
export function unreadBodiesContract(adapter: Adapter): void {
  test('a body that no handler reads is there all the same', async () => {
    const world = await World.make(adapter)
    const server = await world.serve(
      use(world.flagging({ mode: 'auto' })),
      route('POST /ask', api.always(answerJSON({ a: 1 }))),
    )
    expect((await send(server, '/ask', postJSON({ q: 1 }))).json()).toEqual({ a: 1 })
    await world.flush()
    expect(await world.read('ask/logs.csv')).toBe('q,a\n1,1\n')
  })
}

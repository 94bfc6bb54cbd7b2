import { CSVLogger } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, route, use } from './host.ts'
import { loaded, loadedInputs } from './loaded.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import { send } from './wire.ts'

const TYPE = 'multipart/form-data; boundary=X'
const END = '--X--\r\n'
const TEXT = 'Content-Type: text/plain'

/** One part of a form. */
function part(disposition: string, header: string, data: string | Uint8Array): Buffer {
  const lines = `--X\r\nContent-Disposition: form-data; ${disposition}\r\n${header && `${header}\r\n`}`
  return Buffer.concat([Buffer.from(`${lines}\r\n`), Buffer.from(data), Buffer.from('\r\n')])
}

function form(...parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat([...parts, END].map((one) => Buffer.from(one)))
}

const OBJECT_NAMES = ['__proto__', 'constructor', 'hasOwnProperty', 'toString']

/** Forms that are odd but whole, and what is read back of them. */
const WHOLE: Record<string, readonly [body: Buffer, inputs: Record<string, unknown>]> = {
  field: [form(part('name="a"', '', 'd')), { a: 'd' }],
  'no-part-type': [
    form(part('name="a"; filename="x.txt"', '', 'd'), part('name="b"', '', '5')),
    { a: Buffer.from('d'), b: 5 },
  ],
  'text-files': [
    form(
      part('name="a"; filename="x.txt"', TEXT, 'one\r\n'),
      part('name="j"; filename="x.json"', 'Content-Type: application/json', '{"k":-0}'),
    ),
    { a: Buffer.from('one\r\n'), j: Buffer.from('{"k":-0}') },
  ],
  'typed-fields': [
    form(
      part('name="meta"', 'Content-Type: application/json', '{"k":1}'),
      part('name="note"', 'Content-Type: text/plain; charset=iso-8859-1', Buffer.from([0xe9])),
      part('name="n"', TEXT, '-1.5'),
    ),
    { meta: '{"k":1}', note: 'é', n: -1.5 },
  ],
  empty: [
    form(
      part('name="none"; filename=""', 'Content-Type: application/octet-stream', ''),
      part('name="empty"; filename="e.png"', 'Content-Type: image/png', ''),
      part('name="text"', '', ''),
    ),
    { none: Buffer.alloc(0), empty: Buffer.alloc(0), text: '' },
  ],
  twice: [
    form(
      part('name="f"; filename="1"', 'Content-Type: image/png', png(1)),
      part('name="a"', '', '1'),
      part('name="f"; filename="2"', 'Content-Type: image/png', png(2)),
      part('name="a"', '', '1'),
      part('name="mixed"', '', 'text'),
      part('name="mixed"; filename="m"', TEXT, 'file'),
    ),
    {
      f: [png(1), png(2)],
      a: ['1', '1'],
      'mixed 2': 'text',
      mixed: Buffer.from('file'),
    },
  ],
  names: [
    form(...OBJECT_NAMES.map((name) => part(`name="${name}"`, '', name))),
    Object.fromEntries(OBJECT_NAMES.map((name) => [name, name])),
  ],
  'file-names': [
    form(...OBJECT_NAMES.map((name) => part(`name="${name}"; filename="f"`, '', name))),
    Object.fromEntries(OBJECT_NAMES.map((name) => [name, Buffer.from(name)])),
  ],
  nameless: [
    form(part('name=""; filename="x.bin"', '', '\0'), '--X\r\n\r\nd\r\n'),
    { _: Buffer.from([0]), ' 2': 'd' },
  ],
  'part-headers': [
    form(part('name="a"', 'constructor: x\r\ntoString: y\r\nvalueOf: z', 'd')),
    { a: 'd' },
  ],
  around: [
    Buffer.concat([
      Buffer.from('before\r\n'),
      form(part('name="a"', '', 'd')),
      Buffer.from('after'),
    ]),
    { a: 'd' },
  ],
  'byte-order-mark': [form(part('name="a"', '', '\ufeffd')), { a: 'd' }],
}

/** Bodies that no form can be read from, each with its type. */
const BROKEN: Record<string, readonly [body: string, type: string]> = {
  'no-boundary': [form(part('name="a"', '', 'd')).toString(), 'multipart/form-data'],
  'empty-boundary': [form(part('name="a"', '', 'd')).toString(), 'multipart/form-data; boundary='],
  'quoted-nothing': ['--\r\n\r\nx\r\n----\r\n', 'multipart/form-data; boundary=""'],
  'no-end': [part('name="a"', '', 'd').toString(), TYPE],
  'cut-headers': ['--X\r\nContent-Disp', TYPE],
  'blank-header': ['--X\r\n Content-Disposition: form-data; name="a"\r\n\r\n\r\n--X--', TYPE],
  'proto-header': [form(part('name="a"', '__proto__: x', 'd')).toString(), TYPE],
  'long-header': [form(part('name="a"', `X: ${'x'.repeat(40_000)}`, 'd')).toString(), TYPE],
}

/** Multipart forms as nobody should send them: what was captured is what came. */
export function hostileMultipartContract(adapter: Adapter): void {
  const start = async (names: readonly string[]) => {
    const world = await World.make(adapter)
    const callback = () => new CSVLogger({ columns: ['truncated'] })
    const flagging = world.flagging({ mode: 'auto', callback })
    const routes = names.map((name) => route(`POST /${name}`, api.sink))
    const server = await world.serve(use(flagging), ...routes)
    const post = async (name: string, body: Uint8Array | string, type = TYPE) => {
      const bytes = typeof body === 'string' ? body : new Uint8Array(body)
      const init = { method: 'POST', headers: { 'content-type': type }, body: bytes }
      expect((await send(server, `/${name}`, init)).json()).toEqual({ ok: true })
    }
    return { world, post }
  }

  describe('hostile multipart forms', () => {
    test('parts are read back as they were sent, whatever they are called', async () => {
      const { world, post } = await start(Object.keys(WHOLE))
      for (const [name, [body]] of Object.entries(WHOLE)) await post(name, body)
      await world.flush()
      const inputs = await loadedInputs(world)
      for (const [name, [, expected]] of Object.entries(WHOLE)) {
        expect([name, Object.entries(inputs[name] ?? {})]).toEqual([name, Object.entries(expected)])
      }
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    })

    test('what is no form is kept byte for byte', async () => {
      const { world, post } = await start(Object.keys(BROKEN))
      for (const [name, [body, type]] of Object.entries(BROKEN)) await post(name, body, type)
      await world.flush()
      const inputs = await loadedInputs(world)
      for (const [name, [body]] of Object.entries(BROKEN)) {
        expect([name, inputs[name]]).toEqual([name, { Input: Buffer.from(body) }])
      }
    })

    test('too many fields or files are cut off at the limits, and the row says so', async () => {
      const { world, post } = await start(['fields', 'files', 'both'])
      const file = part('name="f"; filename="x"', '', '')
      const fields = Array.from({ length: 10_001 }, (_, n) => part(`name="f${n}"`, '', '1'))
      await post('fields', form(...fields))
      await post('files', form(...Array.from({ length: 300 }, () => file)))
      await post('both', form(...Array.from({ length: 20 }, () => file), part('name="a"', '', '')))
      await world.flush()
      const { fields: many, files, both } = await loaded(world)
      const { other, ...own } = many?.[0]?.inputs ?? {}
      const names = [...Object.keys(own), ...Object.keys(other as object)]
      expect(names.filter((name) => name.startsWith('f'))).toEqual(
        Array.from({ length: 256 }, (_, n) => `f${n}`),
      )
      expect(files?.[0]?.inputs['f']).toEqual(Array.from({ length: 20 }, () => Buffer.alloc(0)))
      const truncated = [many, files, both].map((list) => list?.[0]?.details.truncated)
      expect(truncated).toEqual([true, true, false])
    })
  })
}

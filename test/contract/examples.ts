import { join } from 'node:path'
import { file, image, loadExamples, number, readSamples, text } from '@flagging/core'
import type { ReadOptions } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, route, routesAt, type Server, use } from './host.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import { flag, postJSON, postParts, readAnswer, send, upload } from './wire.ts'

interface Listed {
  readonly components: readonly { label: string; type: string }[]
  readonly examples: readonly Record<string, unknown>[]
  readonly next: number | null
}

/** Flagged samples as examples. */
export function examplesContract(adapter: Adapter): void {
  const list = async (server: Server, query = '', path = '/flag/examples') =>
    (await send(server, `${path}${query}`)).json<Listed>()

  describe('examples', () => {
    test('are what was flagged: typed inputs, in order, page by page', async () => {
      const world = await World.make(adapter)
      const inputs = [number('num1'), text('operation'), number('num2')]
      const server = await world.serve(
        use(world.flagging({ inputs, examples: world.dir })),
        route('POST /calculate', api.calculator),
      )
      expect(await list(server)).toMatchObject({ examples: [], next: null })
      for (const num1 of [-1.5, 0, 3]) {
        const sample = { num1, operation: 'add', num2: 7 }
        const { id } = await send(server, '/calculate', postJSON(sample))
        await flag(server, id)
      }
      const all = await list(server)
      expect(all.components).toEqual([
        { label: 'num1', type: 'number' },
        { label: 'operation', type: 'text' },
        { label: 'num2', type: 'number' },
      ])
      expect(all.examples).toEqual(
        [-1.5, 0, 3].map((num1) => ({ num1, operation: 'add', num2: 7 })),
      )
      expect(all.next).toBeNull()
      const page = await list(server, '?offset=0&limit=2')
      expect([page.examples.length, page.next]).toEqual([2, 2])
      const rest = await list(server, `?offset=${page.next}&limit=2`)
      expect([rest.examples, rest.next]).toEqual([all.examples.slice(2), null])
    })

    test('link to their files, which come back as they were sent, inert', async () => {
      const world = await World.make(adapter)
      const page = Buffer.from('<script>alert(1)</script>')
      const server = await world.serve(
        use(
          world.flagging({
            inputs: [image('im'), file('page')],
            outputs: [],
            examples: world.dir,
            acceptData: true,
          }),
        ),
      )
      const parts = { im: upload(png(1)), page: upload(page, 'x.html', 'text/html') }
      expect((await send(server, '/flag', postParts(parts))).status).toBe(201)
      const { examples } = await list(server)
      const [example] = examples as unknown as [Record<string, { url: string; size: number }>]
      const fetched = async (label: string) => {
        const link = new URL(example[label]?.url ?? '', `${server.origin}/flag/examples`)
        return readAnswer(await server.request(link.pathname + link.search))
      }
      const picture = await fetched('im')
      expect(picture.bytes).toEqual(png(1))
      expect(picture.headers.get('content-type')).toBe('image/png')
      const script = await fetched('page')
      expect(script.bytes).toEqual(page)
      expect(script.headers.get('content-type')).not.toMatch(/html/)
      expect(script.headers.get('content-disposition')).toMatch(/^attachment/)
      for (const { headers } of [picture, script]) {
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/)
        expect(headers.get('content-security-policy')).toMatch(/sandbox/)
        expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
      }
      const head = await send(server, '/flag/examples/0/0', { method: 'HEAD' })
      expect([head.status, head.bytes.length]).toEqual([200, 0])
      // By number alone, and only those that are there.
      const paths = ['1/0', '0/2', '0/0/1', '-1/0', 'a/b', '0', '0/0/0/0', '%2e%2e/logs.csv']
      for (const path of paths) {
        const { status } = await send(server, `/flag/examples/${path}`)
        expect([path, status]).toEqual([path, 404])
      }
      expect((await send(server, '/flag/examples/0/0/0')).status).toBe(200)
    })

    test('nonsense in the query is clamped or refused, never a failure', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging({ examples: world.root })))
      for (const query of ['offset=-1', 'limit=1e9', 'limit=0', 'offset=NaN', 'limit=', 'x=1']) {
        expect([200, 400]).toContain((await send(server, `/flag/examples?${query}`)).status)
      }
    })

    test('are not there unless configured', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging({ inputs: ['q'] })))
      expect((await send(server, '/flag/examples')).status).toBe(404)
      expect((await send(server, '/flag/examples/0/0')).status).toBe(404)
    })

    test('may be offered by flag routes that do nothing else', async () => {
      const world = await World.make(adapter)
      const logging = await world.serve(
        use(world.flagging({ mode: 'auto' })),
        route('POST /ask', api.reading(answerJSON({ a: 1 }))),
      )
      await send(logging, '/ask', postJSON({ q: '-1.5' }))
      await world.flush()
      const server = await world.serve(
        routesAt('/samples', world.flagRoutes({ examples: world.dir })),
      )
      expect((await list(server, '', '/samples/examples')).examples).toEqual([{ q: '-1.5' }])
    })

    test('may come from elsewhere than a directory', async () => {
      const world = await World.make(adapter)
      const examples = {
        readSamples: (options?: ReadOptions) => readSamples(world.dir, options),
      }
      const inputs = [number('n'), image('im')]
      const server = await world.serve(
        use(world.flagging({ inputs, outputs: [], examples, acceptData: true })),
      )
      for (const n of [1, 2, 3]) {
        const sent = await send(server, '/flag', postParts({ n: String(n), im: upload(png(n)) }))
        expect(sent.status).toBe(201)
      }
      const page = await list(server, '?offset=1&limit=1')
      expect(page).toMatchObject({ examples: [{ n: 2 }], next: 2 })
      expect((await send(server, '/flag/examples/2/1')).bytes).toEqual(png(3))
    })

    test('that cannot be read are unavailable, and the reason is reported', async () => {
      const world = await World.make(adapter)
      const examples = {
        readSamples: () => {
          throw new Error('no database at 10.0.0.7')
        },
      }
      const server = await world.serve(use(world.flagging({ examples })))
      const { status, text: told } = await send(server, '/flag/examples')
      expect([status, told.includes('10.0.0.7')]).toEqual([503, false])
      expect(world.errors.map(String)).toEqual(['Error: no database at 10.0.0.7'])
    })

    test('what was flagged loads as it was, with option and user name', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ options: ['Bad'], username: () => 'ann' })),
        route('POST /sepia', api.sepiaTone),
      )
      const parts = { im: upload(png(1)), note: '007' }
      const { id } = await send(server, '/sepia', postParts(parts))
      await flag(server, id, { option: 'Bad' })
      const [sample] = await loadExamples(world.dir)
      expect(sample).toMatchObject({
        n: 0,
        inputs: { note: '007' },
        option: 'Bad',
        username: 'ann',
        endpoint: 'sepia',
      })
      const im = sample?.inputs['im'] as { bytes(): Promise<Uint8Array> }
      expect(Buffer.from(await im.bytes())).toEqual(png(1))
      const [again] = await loadExamples(join(world.dir, 'sepia'))
      expect(again?.option).toBe('Bad')
    })
  })
}

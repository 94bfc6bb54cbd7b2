import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { image } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, route, routesAt, type Server, use } from './host.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import { flag, postJSON, postParts, send, upload } from './wire.ts'

interface Page {
  readonly samples: readonly { readonly key: string }[]
  readonly next: string | null
}

/** What the review page does with the logs of a flagged directory. */
export function reviewLogsContract(adapter: Adapter): void {
  const list = async (server: Server, query = '') =>
    (await send(server, `/flag/review/samples${query}`)).json<Page>()
  const change = (server: Server, what: string, body: object) =>
    send(server, `/flag/review/${what}`, postJSON(body))

  describe('a reviewer of logs', () => {
    test('may have a page that stands alone, in front of what others have stored', async () => {
      const world = await World.make(adapter)
      const options = { review: true, authorize: () => true }
      const server = await world.serve(
        use(world.flagging({ inputs: ['num1'], ...options })),
        route('POST /calculate', api.calculator),
      )
      const { id } = await send(server, '/calculate', postJSON({ num1: 5 }))
      await flag(server, id)
      const routes = world.flagRoutes({ ...options, dir: world.dir })
      const alone = await world.serve(routesAt('/admin', routes))
      const page = (await send(alone, '/admin/review/samples')).json<Page>()
      expect(page.samples.map(({ key }) => key)).toEqual(
        (await list(server)).samples.map(({ key }) => key),
      )
    })

    test('leaves the log as it is', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ inputs: ['num1'], review: true, authorize: () => true })),
        route('POST /calculate', api.calculator),
      )
      const { id } = await send(server, '/calculate', postJSON({ num1: 5 }))
      await flag(server, id)
      const log = await world.read()
      const [sample] = (await list(server)).samples
      const said = { key: sample?.key, reviewed: true, note: 'x' }
      expect((await change(server, 'marks', said)).status).toBe(200)
      expect(await world.read()).toBe(log)
    })

    test('deletes samples for good, rows and files, and what was said of them', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(
          world.flagging({
            inputs: [image('im'), 'note'],
            outputs: [],
            acceptData: true,
            review: true,
            authorize: () => true,
          }),
        ),
      )
      for (const note of ['a', 'b', 'c', 'd']) {
        const { status } = await send(server, '/flag', postParts({ im: upload(png(1)), note }))
        expect(status).toBe(201)
      }
      const keys = (await list(server)).samples.map(({ key }) => key)
      const remove = async (...which: readonly (string | undefined)[]) =>
        (await change(server, 'delete', { keys: which })).json<{ deleted: number }>().deleted
      await change(server, 'marks', { key: keys[2], reviewed: true, note: 'twice' })
      expect(await remove(keys[2])).toBe(1)
      expect(await world.files()).toEqual(['im/0.png', 'im/2.png', 'im/3.png', 'logs.csv'])
      expect(await world.read()).toBe('im,note\nim/0.png,a\nim/2.png,c\nim/3.png,d\n')
      expect(await readFile(join(world.dir, '.flagging/review.jsonl'), 'utf8')).toMatch(
        /"reviewed":false,"note":null[^\n]*\n$/,
      )
      // Keys from before name the same samples still, and those that are gone are none.
      expect(await remove(keys[2])).toBe(0)
      expect((await send(server, `/flag/review/samples/${keys[0]}`)).status).toBe(200)
      expect((await send(server, `/flag/review/samples/${keys[2]}`)).status).toBe(404)
      expect((await send(server, `/flag/review/files/${keys[2]}/0`)).status).toBe(404)
      expect(await remove(keys[0], keys[2], keys[3])).toBe(2)
      const { status } = await send(server, '/flag', postParts({ im: upload(png(1)), note: 'e' }))
      expect(status).toBe(201)
      // No file gets the name of one that was deleted.
      expect(await world.read()).toBe('im,note\nim/2.png,c\nim/4.png,e\n')
      expect((await list(server)).samples).toHaveLength(2)
      expect(await remove(...(await list(server)).samples.map(({ key }) => key))).toBe(2)
      expect(await world.files()).toEqual(['logs.csv'])
      expect(await list(server)).toMatchObject({ samples: [], next: null })
      await world.flush()
    })

    test('deletes in the folders of endpoints, and nowhere else', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ mode: 'auto', review: true, authorize: () => true })),
        route('POST /ask', api.reading(answerJSON({ a: 1 }))),
        route('POST /tell', api.reading(answerJSON({ a: 1 }))),
      )
      for (const path of ['/ask', '/tell', '/ask']) await send(server, path, postJSON({ q: 1 }))
      await world.flush()
      const { samples } = await list(server, '?dataset=ask')
      expect(samples).toHaveLength(2)
      const [, hash] = samples[0]?.key.split('.') ?? []
      const forged = ['..', '/etc', '../flagged/ask', '.flagging'].map((folder) => {
        const place = Buffer.from(JSON.stringify([folder, 'logs.csv', 0])).toString('base64url')
        return `${place}.${hash}`
      })
      const gone = await change(server, 'delete', { keys: forged })
      expect([gone.status, gone.json()]).toEqual([200, { deleted: 0 }])
      // Rows of the same bytes stand for each other: each call deletes as many as it names.
      const first = await change(server, 'delete', { keys: [samples[0]?.key] })
      expect(first.json()).toEqual({ deleted: 1 })
      expect(await world.read('ask/logs.csv')).toBe('q,a\n1,1\n')
      expect(await world.read('tell/logs.csv')).toBe('q,a\n1,1\n')
    })
  })
}

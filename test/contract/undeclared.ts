import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, type Entry, fieldsOf, route, type Server, use } from './host.ts'
import { png, sepia } from './png.ts'
import { World } from './world.ts'
import { flag, postForm, postJSON, postParts, recordsOf, rowsOf, send, upload } from './wire.ts'

const APP: readonly Entry[] = [
  route('POST /calculate', api.calculator),
  route('POST /sepia', api.sepiaTone),
  route('POST /chat', api.chat),
  route('PUT /items/:id', api.putItem),
  route('GET /health', api.health),
  route('POST /failing', api.failing),
  route('POST /throwing', api.throwing),
]

/** Flagging on an app of which it knows nothing. */
export function undeclaredContract(adapter: Adapter): void {
  describe('an app whose components are not declared', () => {
    test('gets one dataset per endpoint, each with the columns of what passed', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging({ mode: 'auto' })), ...APP)

      await send(server, '/calculate', postJSON({ num1: 5, operation: 'add', num2: 7 }))
      await send(server, '/calculate', postForm({ num1: '6', operation: 'subtract', num2: '1.5' }))
      for (const seed of [1, 2]) {
        await send(server, '/sepia', postParts({ im: upload(png(seed)) }))
        await world.flush()
      }
      const said = await send(server, '/chat', postJSON({ message: 'Hallo' }))
      for (const id of ['7', '8', '9']) await put(server, `/items/${id}`, { name: `item ${id}` })
      await send(server, '/health')
      await send(server, '/nowhere', postJSON({ num1: 1 }))
      const failures = [
        await send(server, '/calculate', postJSON({ num1: 1, operation: 'divide', num2: 0 })),
        await send(server, '/failing', postJSON({ num1: 1 })),
        await send(server, '/throwing', postJSON({ num1: 1 })),
      ]
      expect(failures.map(({ status }) => status)).toEqual([422, 500, 500])
      await world.flush()

      expect(await world.files()).toEqual([
        'PUT.items.{id}/logs.csv',
        'calculate/logs.csv',
        'chat/logs.csv',
        'sepia/Output/0.png',
        'sepia/Output/1.png',
        'sepia/im/0.png',
        'sepia/im/1.png',
        'sepia/logs.csv',
      ])
      expect(await world.read('calculate/logs.csv')).toBe(
        'num1,operation,num2,Output\n5,add,7,12\n6,subtract,1.5,4.5\n',
      )
      expect(await world.read('sepia/logs.csv')).toBe(
        'im,Output\nim/0.png,Output/0.png\nim/1.png,Output/1.png\n',
      )
      for (const n of [0, 1]) {
        expect(await world.bytes(`sepia/im/${n}.png`)).toEqual(png(n + 1))
        expect(await world.bytes(`sepia/Output/${n}.png`)).toEqual(sepia(png(n + 1)))
      }
      expect(rowsOf(await world.read('chat/logs.csv'))).toEqual([
        ['message', 'Output'],
        ['Hallo', api.CHAT_ANSWER],
      ])
      expect(said.bytes).toEqual(api.chatEvents())
      expect(rowsOf(await world.read('PUT.items.{id}/logs.csv'))).toEqual([
        ['id', 'name', 'stored'],
        ['7', 'item 7', 'item 7 as 7'],
        ['8', 'item 8', 'item 8 as 8'],
        ['9', 'item 9', 'item 9 as 9'],
      ])
    })

    test('is flagged by hand in the same folders', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging()), ...APP)
      const { id } = await put(server, '/items/7', { name: 'seven' })
      expect(await world.files()).toEqual([])
      expect((await flag(server, id)).json()).toEqual({ count: 1 })
      expect(await world.read('PUT.items.{id}/logs.csv')).toBe(
        'id,name,stored\n7,seven,seven as 7\n',
      )
    })

    test('takes a whole image as Input, and names its file by its content', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging({ mode: 'auto' })), ...APP)
      const headers = { 'content-type': 'image/png' }
      await send(server, '/sepia', { method: 'POST', headers, body: new Uint8Array(png(5)) })
      await world.flush()
      expect(await world.read('sepia/logs.csv')).toBe('Input,Output\nInput/0.png,Output/0.png\n')
      expect(await world.bytes('sepia/Input/0.png')).toEqual(png(5))
    })

    test('numbers names that are taken, and leaves the columns of the log their own', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ mode: 'auto', options: ['Good'] })),
        route('POST /models/:model', async (request) => {
          const { model } = await fieldsOf(request)
          return answerJSON({ model, flag_option: 'mine' })
        }),
      )
      await send(server, '/models/a?model=b', postJSON({ model: 'c' }))
      await world.flush()
      expect(await world.read('models.{model}/logs.csv')).toBe(
        'model,model 2,model 3,model 4,flag_option 2,flag_option\na,b,c,c,mine,\n',
      )
    })

    test('opens the next log when new fields come, and fills the missing ones with nothing', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ mode: 'auto' })),
        route('POST /echo', api.echo),
      )
      for (const body of [{ a: 1 }, { a: 2, b: 'two' }, { a: 3 }]) {
        await send(server, '/echo', postJSON(body))
        await world.flush()
      }
      expect(await world.files()).toEqual(['echo/logs.csv', 'echo/logs2.csv'])
      expect(await world.read('echo/logs.csv')).toBe('a,a 2\n1,1\n')
      const later = rowsOf(await world.read('echo/logs2.csv'))
      expect(later).toEqual([
        ['a', 'b', 'a 2', 'b 2'],
        ['2', 'two', '2', 'two'],
        ['3', '', '3', ''],
      ])
    })

    test('shares a folder beyond the endpoint limit, and a column beyond the column limit', async () => {
      const world = await World.make(adapter)
      const limits = { endpoints: 2, columns: 3 }
      const mounted = world.flagging({ mode: 'auto', limits })
      const names = ['one', 'two', 'three', 'four']
      const hosts = names.map((name) => route(`POST /${name}`, api.sink))
      const server = await world.serve(use(mounted), ...hosts)
      for (const name of names) {
        await send(server, `/${name}`, postJSON({ a: 1, b: 2, c: 3, d: 4 }))
        await world.flush()
      }
      expect(await world.folders()).toEqual(['_other', 'one', 'two'])
      for (const folder of ['_other', 'one', 'two']) {
        for (const record of recordsOf(await world.read(`${folder}/logs.csv`))) {
          expect(Object.keys(record)).toHaveLength(3)
        }
      }
      const [record] = recordsOf(await world.read('one/logs.csv'))
      const shared = Object.values(record ?? {}).find((cell) => cell.startsWith('{'))
      expect(JSON.parse(shared ?? '')).toMatchObject({ c: 3, d: 4 })
    })

    test('cannot be made to create folders or columns by the addresses that clients choose', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(use(world.flagging({ mode: 'auto' })), ...APP)
      const paths = ['/items/..%2f..%2fx', '/items/%2e%2e', '/items/=1+1', '/items/a%00b']
      for (const path of paths) await put(server, path, { name: 'x' })
      await world.flush()
      expect(await world.files()).toEqual(['PUT.items.{id}/logs.csv'])
      expect(await world.files(world.root)).toEqual(['flagged/PUT.items.{id}/logs.csv'])
    })
  })
}

function put(server: Server, path: string, body: unknown) {
  return send(server, path, { ...postJSON(body), method: 'PUT' })
}

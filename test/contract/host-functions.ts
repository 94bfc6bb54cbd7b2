import { json, number, type FlaggingOptions } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, route, type Server, use } from './host.ts'
import { World } from './world.ts'
import { deferred, flag, postForm, postJSON, recordsOf, rowsOf, send, until } from './wire.ts'

const sample = { num1: 5, operation: 'add', num2: 7 }
const reject = () => Promise.reject(new Error('from the host'))
/** What JavaScript lets through where the types do not. */
const asGiven = (options: object) => options as FlaggingOptions<object>

/** The host's own functions, and what they must not be able to do to it. */
export function hostFunctionsContract(adapter: Adapter): void {
  const start = async (options: FlaggingOptions<object>) => {
    const world = await World.make(adapter)
    const mounted = world.flagging(options)
    const server = await world.serve(
      use(mounted),
      route('POST /calculate', api.calculator),
      route('POST /echo', api.echo),
    )
    return { world, server, flagging: mounted.flagging }
  }
  const calculate = (server: Server) => send(server, '/calculate', postJSON(sample))

  describe("the host's functions", () => {
    test('an asynchronous onFlag or onError that rejects ends nothing', async () => {
      const { world, server, flagging } = await start(
        asGiven({ mode: 'auto', onFlag: reject, onError: reject }),
      )
      expect((await calculate(server)).json()).toBe(12)
      await flagging.flush()
      expect(rowsOf(await world.read('calculate/logs.csv'))).toHaveLength(2)
    })

    test.each(['when', 'redact', 'from'])(
      'an asynchronous %s stores nothing and is reported',
      async (name) => {
        const errors: unknown[] = []
        const from = { inputs: [number('a', { from: reject as never })] }
        const { world, server, flagging } = await start(
          asGiven({
            mode: 'auto',
            onError: (error: unknown) => errors.push(error),
            ...(name === 'from' ? from : { [name]: reject }),
          }),
        )
        expect((await calculate(server)).json()).toBe(12)
        await flagging.flush()
        expect(await world.files()).toEqual([])
        expect(errors.length).toBeGreaterThan(0)
      },
    )

    test('a callback that gives no count is a 503, and the reason is reported', async () => {
      const errors: unknown[] = []
      const callback = { setup: () => undefined, flag: () => undefined }
      const { server } = await start(
        asGiven({ callback, onError: (error: unknown) => errors.push(error) }),
      )
      expect((await flag(server, (await calculate(server)).id)).status).toBe(503)
      expect(errors).toMatchObject([{ code: 'ERR_FLAGGING_CALLBACK' }])
    })

    test('flush while an answer is still on its way makes one row of it', async () => {
      const taken = deferred()
      const calls: unknown[] = []
      const { server, flagging } = await start({
        mode: 'auto',
        callback: {
          setup: () => undefined,
          flag: async (data) => {
            calls.push(data)
            await taken.promise
            return calls.length
          },
        },
      })
      const large = new Uint8Array(20 * 1024 * 1024)
      const headers = { 'content-type': 'application/octet-stream' }
      const response = await server.request('/echo', { method: 'POST', headers, body: large })
      const flushed = flagging.flush()
      if (adapter.hasSockets) await until(() => calls.length === 1)
      await response.arrayBuffer()
      taken.resolve()
      await flushed
      await flagging.flush()
      expect(calls).toHaveLength(1)
      expect(flagging.stats().stored).toBe(1)
    })
  })

  test('what is held of an address counts as memory, too', async () => {
    const { server, flagging } = await start({ limits: { heldBytes: 64 * 1024 } })
    for (let count = 0; count < 20; count++) {
      await send(server, `/calculate?q=${'a'.repeat(10_000)}`, postJSON(sample))
    }
    const { held, memoryBytes } = flagging.stats()
    expect(memoryBytes).toBeLessThanOrEqual(64 * 1024)
    expect(held).toBeGreaterThan(0)
    expect(held).toBeLessThan(7)
  })

  test('an id that went out can be flagged whole, even where memory is all but gone', async () => {
    const { world, server } = await start({ limits: { heldBytes: 900 } })
    const { id } = await calculate(server)
    expect((await flag(server, id)).status).toBe(201)
    expect(await world.read('calculate/logs.csv')).toBe('num1,operation,num2,Output\n5,add,7,12\n')
  })

  describe('what is hidden', () => {
    test('JSON that a form spells out in a json component', async () => {
      const { world, server } = await start({
        mode: 'auto',
        inputs: [json('payload')],
        outputs: ['Output'],
      })
      const payload = JSON.stringify({ user: 'ann', password: 's3cret' })
      await send(server, '/echo', postForm({ payload }))
      await send(server, `/echo?payload=${encodeURIComponent(payload)}`, postJSON({ q: 1 }))
      await world.flush()
      const cells = recordsOf(await world.read()).map((record) => record['payload'])
      expect(cells).toEqual(Array(2).fill('{"user":"ann","password":"[redacted]"}'))
    })

    test('keys of a correction; a file is none', async () => {
      const { world, server } = await start({ inputs: ['num1'], correction: true })
      const { id } = await calculate(server)
      const correction = { sum: 13, token: 's3cret' }
      expect((await flag(server, id, { correction })).status).toBe(201)
      expect(recordsOf(await world.read())[0]?.['correction']).toBe(
        '{"sum":13,"token":"[redacted]"}',
      )
    })
  })

  test('the innermost middleware decides, also behind one that left the route out', async () => {
    const world = await World.make(adapter)
    const outer = world.flagging({ mode: 'auto' })
    const never = world.flagging(outer.flagging, { mode: 'never' })
    const inner = world.flagging(outer.flagging, { inputs: ['q'], outputs: ['Output'] })
    const server = await world.serve(
      use(outer),
      route('POST /in', api.reading(answerJSON(1)), never, inner),
      route('POST /out', api.reading(answerJSON(1)), inner, never),
    )
    await send(server, '/in', postJSON({ q: 1 }))
    await send(server, '/out', postJSON({ q: 1 }))
    await world.flush()
    expect(await world.folders()).toEqual(['in'])
  })
}

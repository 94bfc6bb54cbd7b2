import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, route, use } from './host.ts'
import { exists, World } from './world.ts'
import { flag, postJSON, recordsOf, send } from './wire.ts'

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }
const VARIABLE = 'GRADIO_FLAGGING_MODE'

/** Runs something under a value of the environment variable. */
async function under(value: string, work: () => void | Promise<void>): Promise<void> {
  const before = process.env[VARIABLE]
  process.env[VARIABLE] = value
  try {
    await work()
  } finally {
    if (before === undefined) delete process.env[VARIABLE]
    else process.env[VARIABLE] = before
  }
}

/** Modes, the environment variable, and the options that flags carry. */
export function modesAndOptionsContract(adapter: Adapter): void {
  describe('modes', () => {
    test('manual is the default: nothing is logged before somebody flags it', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({ inputs })
      const server = await world.serve(use(mounted), route('POST /calculate', api.calculator))
      expect(mounted.flagging.mode).toBe('manual')
      const { id } = await send(server, '/calculate', postJSON(sample))
      await world.flush()
      expect(await world.files()).toEqual([])
      await flag(server, id)
      expect(await world.files()).toEqual(['logs.csv'])
    })

    test('auto issues no ids, and a POST to the flag route is a 404 that names the mode', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ inputs, mode: 'auto' })),
        route('POST /calculate', api.calculator),
      )
      const { id, headers } = await send(server, '/calculate', postJSON(sample))
      expect(id).toBeNull()
      expect(headers.has('flagging-id')).toBe(false)
      const flagged = await flag(server, 'AAAAAAAAAAAAAAAAAAAAAA')
      expect(flagged.status).toBe(404)
      expect(flagged.headers.get('content-type')).toMatch(/^application\/problem\+json/)
      const problem = flagged.json<{ code: string; detail: string }>()
      expect(problem.code).toBe('mode_auto')
      expect(problem.detail).toContain('auto')
      const described = await send(server, '/flag')
      expect(described.json()).toMatchObject({ mode: 'auto', options: [] })
    })

    test('never wraps nothing, stores nothing and sets up nothing', async () => {
      const world = await World.make(adapter)
      const calls: string[] = []
      const mounted = world.flagging({
        inputs,
        mode: 'never',
        examples: world.root,
        callback: () => {
          calls.push('made')
          return { setup: () => void calls.push('setup'), flag: () => calls.push('flag') }
        },
      })
      const server = await world.serve(
        use(mounted),
        route('POST /calculate', api.calculator),
        route('GET /flag/examples', api.always(answerJSON('the host answers'))),
      )
      const { id, status } = await send(server, '/calculate', postJSON(sample))
      expect([id, status]).toEqual([null, 200])
      const flagged = await flag(server, 'AAAAAAAAAAAAAAAAAAAAAA')
      expect(flagged.status).toBe(404)
      const problem = flagged.json<{ code: string; detail: string }>()
      expect(problem.code).toBe('mode_never')
      expect(problem.detail).toContain('never')
      expect((await send(server, '/flag')).json()).toMatchObject({ mode: 'never', options: [] })
      expect((await send(server, '/flag/examples')).json()).toBe('the host answers')
      await mounted.flagging.close()
      expect(calls).toEqual([])
      expect(await exists(world.dir)).toBe(false)
    })

    test('the environment sets the mode, the option beats it, an empty value is none', async () => {
      const world = await World.make(adapter)
      await under('auto', () => {
        expect(world.flagging().flagging.mode).toBe('auto')
        expect(world.flagging({ mode: 'never' }).flagging.mode).toBe('never')
      })
      await under('', () => expect(world.flagging().flagging.mode).toBe('manual'))
    })

    test('a bad mode throws at start and names the three, in the option and in the environment', async () => {
      const bad = (mode: unknown) => adapter.flagging({ mode } as never)
      const three = /(?=.*manual)(?=.*auto)(?=.*never)/
      for (const mode of ['Auto', 'always', '', null, true, 1]) {
        expect(() => bad(mode)).toThrow(expect.objectContaining({ code: 'ERR_FLAGGING_OPTION' }))
        expect(() => bad(mode)).toThrow(three)
      }
      await under('sometimes', () => {
        expect(() => adapter.flagging()).toThrow(three)
        expect(() => adapter.flagging()).toThrow(VARIABLE)
        expect(adapter.flagging({ mode: 'auto' }).flagging.mode).toBe('auto')
      })
    })

    test('sampleRate 0 logs nothing by itself, and loses no flag by hand', async () => {
      const world = await World.make(adapter)
      const logged = world.flagging({ inputs, mode: 'auto', sampleRate: 0 })
      const flagged = world.flagging({ inputs, sampleRate: 0, path: '/by-hand' })
      const [auto, manual] = [
        await world.serve(use(logged), route('POST /calculate', api.calculator)),
        await world.serve(use(flagged), route('POST /calculate', api.calculator)),
      ]
      await send(auto, '/calculate', postJSON(sample))
      await world.flush()
      expect(await world.files()).toEqual([])
      const { id } = await send(manual, '/calculate', postJSON(sample))
      expect((await flag(manual, id, {}, '/by-hand')).status).toBe(201)
    })

    test('sampleRate is the share of what is logged, as chance has it', async () => {
      const world = await World.make(adapter)
      const taken: unknown[] = []
      const callback = { setup: () => {}, flag: (data: unknown) => taken.push(data) }
      const [half, all] = [
        world.flagging({ inputs, mode: 'auto', sampleRate: 0.5, callback }),
        world.flagging({ inputs, mode: 'auto', sampleRate: 1, callback }),
      ]
      for (const [mounted, count, least, most] of [
        [half, 100, 20, 80],
        [all, 20, 20, 20],
      ] as const) {
        const server = await world.serve(use(mounted), route('POST /calculate', api.calculator))
        for (let n = 0; n < count; n++) await send(server, '/calculate', postJSON(sample))
        await mounted.flagging.flush()
        const { stored, pending, memoryBytes } = mounted.flagging.stats()
        expect(stored).toBeGreaterThanOrEqual(least)
        expect(stored).toBeLessThanOrEqual(most)
        expect([pending, memoryBytes]).toEqual([0, 0])
      }
      expect(taken).toHaveLength(half.flagging.stats().stored + 20)
    })

    test('a `when` that says no in any way logs nothing, and nothing can be flagged', async () => {
      for (const no of [false, 0, '', null, undefined, Number.NaN]) {
        const world = await World.make(adapter)
        const when = () => no as boolean
        const logged = world.flagging({ inputs, mode: 'auto', when })
        const flagged = world.flagging({ inputs, when })
        const auto = await world.serve(use(logged), route('POST /calculate', api.calculator))
        const manual = await world.serve(use(flagged), route('POST /calculate', api.calculator))
        await send(auto, '/calculate', postJSON(sample))
        const { id } = await send(manual, '/calculate', postJSON(sample))
        expect((await flag(manual, id)).status).toBe(404)
        await world.flush()
        expect(await world.files()).toEqual([])
      }
    })

    test('`when` decides what is logged, with all that is known of it', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(
          world.flagging({
            mode: 'auto',
            when: ({ status, method, outputs }) => status === 500 && method === 'POST' && !!outputs,
          }),
        ),
        route('POST /calculate', api.calculator),
        route('POST /failing', api.failing),
      )
      await send(server, '/calculate', postJSON(sample))
      await send(server, '/failing', postJSON({ q: 1 }))
      await world.flush()
      expect(await world.files()).toEqual(['failing/logs.csv'])
      expect(await world.read('failing/logs.csv')).toBe('q,error\n1,out of order\n')
    })

    test('a `when` that throws is a no, and is reported', async () => {
      const when = () => {
        throw new Error('in when')
      }
      const world = await World.make(adapter)
      const mounted = world.flagging({ when })
      const server = await world.serve(use(mounted), route('POST /calculate', api.calculator))
      const answer = await send(server, '/calculate', postJSON(sample))
      expect(answer.json()).toBe(12)
      expect((await flag(server, answer.id)).status).toBe(404)
      expect(world.errors.map(String)).toEqual(['Error: in when'])
      expect(await world.files()).toEqual([])
    })

    test('declared inputs that are absent make no sample, whatever the method', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ inputs, mode: 'auto' })),
        route('GET /calculate', api.calculator),
        route('POST /calculate', api.calculator),
        route('GET /health', api.health),
        route('POST /other', api.sink),
      )
      await send(server, '/calculate?num1=5&operation=add&num2=7')
      await send(server, '/health')
      await send(server, '/other', postJSON({ q: 1 }))
      await world.flush()
      expect(await world.read()).toBe('num1,operation,num2,Output\n5,add,7,12\n')
    })
  })

  describe('options', () => {
    const OPTIONS = {
      strings: {
        given: ['Incorrect', 'Other'],
        shown: [
          { label: 'Flag as Incorrect', value: 'Incorrect' },
          { label: 'Flag as Other', value: 'Other' },
        ],
      },
      pairs: {
        given: [
          ['Mark as incorrect', 'incorrect'],
          ['Mark as offensive', 'offensive'],
        ],
        shown: [
          { label: 'Mark as incorrect', value: 'incorrect' },
          { label: 'Mark as offensive', value: 'offensive' },
        ],
      },
      objects: {
        given: [{ label: 'Bad', value: 'bad' }],
        shown: [{ label: 'Bad', value: 'bad' }],
      },
      'nothing given': { given: undefined, shown: [{ label: 'Flag', value: null }] },
    }
    for (const [what, { given, shown }] of Object.entries(OPTIONS)) {
      test(`${what}: GET tells the mode, the options and the components`, async () => {
        const world = await World.make(adapter)
        const options = { inputs: ['a'], comment: true, ...(given ? { options: given } : {}) }
        const mounted = world.flagging(options as never)
        const server = await world.serve(use(mounted))
        const described = await send(server, '/flag')
        expect(described.status).toBe(200)
        expect(described.headers.get('content-type')).toMatch(/^application\/json/)
        expect(described.json()).toMatchObject({
          mode: 'manual',
          options: shown,
          components: [
            { label: 'a', type: 'any' },
            { label: 'Output', type: 'any' },
          ],
          comment: true,
          correction: false,
        })
        expect(mounted.flagging.options).toEqual(shown)
        expect(mounted.flagging.components.map(({ label }) => label)).toEqual(['a', 'Output'])
      })
    }

    test('a flag without or with an unknown option is a 400 that lists the values', async () => {
      const world = await World.make(adapter)
      const options = ['Incorrect', 'Other']
      const server = await world.serve(
        use(world.flagging({ inputs, options })),
        route('POST /calculate', api.calculator),
      )
      const { id } = await send(server, '/calculate', postJSON(sample))
      const wrong = [{}, { option: null }, { option: 'incorrect' }, { option: 7 }, { option: [] }]
      for (const more of wrong) {
        const flagged = await flag(server, id, more)
        expect(flagged.status).toBe(400)
        const { detail } = flagged.json<{ detail: string }>()
        for (const value of options) expect(detail).toContain(value)
      }
      expect(await world.files()).toEqual([])
      expect((await flag(server, id, { option: 'Other' })).status).toBe(201)
    })

    test('without options none but null may be sent, and there is no column', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ inputs })),
        route('POST /calculate', api.calculator),
      )
      const { id } = await send(server, '/calculate', postJSON(sample))
      expect((await flag(server, id, { option: 'Incorrect' })).status).toBe(400)
      expect((await flag(server, id, { option: '' })).status).toBe(400)
      expect((await flag(server, id, { option: null })).status).toBe(201)
      expect(recordsOf(await world.read())[0]).not.toHaveProperty('flag_option')
    })

    test('configuration that cannot be right throws at start', () => {
      const wrong: readonly Record<string, unknown>[] = [
        { options: [] },
        { options: ['a', ['b', 'c']] },
        { options: [1] },
        { options: ['a', 'a'] },
        { outputs: ['Output'] },
        { inputs: ['a', 'a'] },
        { inputs: ['Output'] },
        { inputs: ['flag_option'] },
        { acceptData: true },
        { review: true },
        { sampleRate: 2 },
        { limits: { held: 0 } },
        { path: 'flag' },
        { callback: {} },
      ]
      for (const options of wrong) {
        expect(() => adapter.flagging(options as never)).toThrow(
          expect.objectContaining({ code: 'ERR_FLAGGING_OPTION' }),
        )
      }
    })

    test('unknown names throw with the nearest known one', () => {
      const names = {
        flagging_mode: 'mode',
        flaggingMode: 'mode',
        flaggingOptions: 'options',
        flagging_options: 'options',
        flaggingDir: 'dir',
        flaggingCallback: 'callback',
        Mode: 'mode',
        optoins: 'options',
      }
      for (const [name, ours] of Object.entries(names)) {
        expect(() => adapter.flagging({ [name]: 'auto' } as never)).toThrow(`'${ours}'`)
      }
    })
  })
}

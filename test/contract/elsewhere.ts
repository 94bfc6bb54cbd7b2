import {
  CSVLogger,
  type FlagDetails,
  FlaggingError,
  type FlaggingOptions,
  type JSONValue,
} from '@flagging/core'
import {
  type CallbackHost,
  type FlagsElsewhere,
  type PassedFlag,
  stringifyJSON,
} from '@flagging/core/store'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, route, type Server, use } from './host.ts'
import { World } from './world.ts'
import { type Answer, deferred, flag, postJSON, recordsOf, rowsOf, send } from './wire.ts'

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }
const UNKNOWN = 'AAAAAAAAAAAAAAAAAAAAAA'

/** The instances of one API, which pass flags to each other as JSON. */
class Fleet {
  readonly hosts = new Set<CallbackHost>()
  /** What went from one instance to another. */
  readonly passed: string[] = []
  /** Why nothing can be passed. */
  broken: Error | undefined

  async ask<T>(
    message: JSONValue,
    askHost: (host: CallbackHost, text: string) => Promise<T> | undefined,
  ) {
    const text = stringifyJSON(message)
    this.passed.push(text)
    if (this.broken) throw this.broken
    for (const host of this.hosts) {
      const answer = askHost(host, text)
      if (!answer) continue
      try {
        return await answer
      } catch (error) {
        if ((error as FlaggingError).code !== 'ERR_FLAGGING_NOT_FOUND') throw error
        return undefined
      }
    }
    return undefined
  }
}

/** Stores as ever, and reaches the other instances of its fleet. */
class FleetLogger extends CSVLogger {
  readonly elsewhere: Required<FlagsElsewhere>
  readonly attached: CallbackHost[] = []
  readonly details: (FlagDetails | undefined)[] = []
  readonly #fleet: Fleet
  held = 0
  closed = 0

  constructor(fleet: Fleet) {
    super()
    this.#fleet = fleet
    this.elsewhere = {
      flag: (id, said) =>
        fleet.ask({ ...said } as JSONValue, (host, text) =>
          host.flagHeld(id, JSON.parse(text) as PassedFlag),
        ),
      unflag: (id, username) => fleet.ask(username, (host) => host.unflagHeld(id, username)),
      holding: () => {
        this.held += 1
      },
    }
  }

  attach(host: CallbackHost): void {
    this.attached.push(host)
    this.#fleet.hosts.add(host)
  }

  override flag(...given: Parameters<CSVLogger['flag']>): Promise<number> {
    this.details.push(given[3])
    return super.flag(...given)
  }

  override async close(): Promise<void> {
    this.closed += 1
    await super.close()
  }
}

/** Flags of what another instance has served, whatever brings them there. */
export function elsewhereContract(adapter: Adapter): void {
  const instance = async (fleet: Fleet, options: FlaggingOptions<object> = { inputs }) => {
    const world = await World.make(adapter)
    const logger = new FleetLogger(fleet)
    const mounted = world.flagging({ callback: logger, ...options })
    const server = await world.serve(use(mounted), route('POST /calculate', api.calculator))
    return { world, logger, server, flagging: mounted.flagging }
  }
  const pair = async (options?: FlaggingOptions<object>) => {
    const fleet = new Fleet()
    return { fleet, a: await instance(fleet, options), b: await instance(fleet, options) }
  }
  const calculate = (server: Server, headers = {}) =>
    send(server, '/calculate', postJSON(sample, headers))
  const unflag = (server: Server, id: string | null, headers = {}) =>
    send(server, `/flag/${id}`, { method: 'DELETE', headers })
  const username = (target: object) => adapter.headerOf(target, 'x-user')
  const by = (name: string) => ({ 'x-user': name })
  const flagBy = (name: string, server: Server, id: string | null) =>
    send(server, '/flag', postJSON({ id }, by(name)))
  const told = ({ status, json }: Answer) => [status, json()]

  describe('flags on another instance than the one that served', () => {
    test('are stored there once, whoever is asked how often', async () => {
      const { a, b } = await pair()
      const { id } = await calculate(a.server)
      expect(told(await flag(b.server, id))).toEqual([201, { count: 1 }])
      expect(told(await flag(b.server, id))).toEqual([200, { count: 1 }])
      expect(told(await flag(a.server, id))).toEqual([200, { count: 1 }])
      expect(await a.world.read()).toBe('num1,operation,num2,Output\n5,add,7,12\n')
      expect(await b.world.files()).toEqual([])
      expect([a.flagging.stats().stored, b.flagging.stats().stored]).toEqual([1, 0])
    })

    test('are one row also when all are asked at once', async () => {
      const { a, b } = await pair({ inputs, options: ['Bad'] })
      const { id } = await calculate(a.server)
      const servers = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? a.server : b.server))
      const answers = await Promise.all(servers.map((to) => flag(to, id, { option: 'Bad' })))
      expect(answers.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([
        ...Array.from({ length: 19 }, () => 200),
        201,
      ])
      for (const answer of answers) expect(answer.json()).toEqual({ count: 1 })
      expect(rowsOf(await a.world.read())).toHaveLength(2)
    })

    test('say the same to a callback as those that were made there', async () => {
      const options = { inputs, username, comment: true, correction: true, options: ['Bad'] }
      const fleet = new Fleet()
      const [one, other] = [await instance(fleet, options), await instance(fleet, options)]
      const { id } = await calculate(one.server)
      const body = (correction: string) =>
        `{"id":"${id}","option":"Bad","comment":"a\\u0000\\ud800","correction":${correction}}`
      const post = (server: Server, correction: string) =>
        send(server, '/flag', {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...by('ann') },
          body: body(correction),
        })
      const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
      const corrections = ['{"b":1,"a":-0,"n":1e400}', '{"z":-0}', 'null', '"\\u0000\\udfff"', deep]
      for (const correction of corrections) {
        expect((await post(other.server, correction)).status).toBe(201)
        expect((await post(one.server, correction)).status).toBe(200)
        const [passed] = one.logger.details.splice(0)
        expect(passed?.comment).toBe('a\0\ud800')
        expect(await one.flagging.unflag(id ?? '', { username: 'ann' })).toBe(1)
        expect((await post(one.server, correction)).status).toBe(201)
        const [here] = one.logger.details.splice(0)
        expect(asText(passed)).toBe(asText(here))
        expect(await one.flagging.unflag(id ?? '', { username: 'ann' })).toBe(1)
      }
    })

    test('are never passed where the interaction is held', async () => {
      const { fleet, a } = await pair()
      const { id } = await calculate(a.server)
      expect((await flag(a.server, id)).status).toBe(201)
      expect((await unflag(a.server, id)).json()).toEqual({ deleted: 1 })
      expect(fleet.passed).toEqual([])
    })

    test('are passed for ids alone', async () => {
      const { fleet, b } = await pair()
      for (const id of ['x', '../../etc/passwd', `${UNKNOWN}A`, `${UNKNOWN.slice(1)}!`]) {
        expect((await flag(b.server, id)).status).toBe(404)
      }
      expect(fleet.passed).toEqual([])
    })

    test('are a 404 where nobody holds the interaction, or somebody else got its answer', async () => {
      const { a, b } = await pair({ inputs, username })
      const { id } = await calculate(a.server, by('ann'))
      const refused = [
        await flagBy('bob', b.server, UNKNOWN),
        await flagBy('bob', b.server, id),
        await flagBy('bob', a.server, id),
        await unflag(b.server, UNKNOWN, by('bob')),
        await unflag(b.server, id, by('bob')),
        await flag(b.server, 'x'),
      ]
      expect(refused.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404])
      expect(new Set(refused.map(({ text }) => text)).size).toBe(1)
      const { detail } = refused[0]?.json<{ detail: string }>() ?? { detail: '' }
      expect(detail).toMatch(/by the instance that issued them/)
      expect(detail).not.toMatch(/process/)
      expect(told(await flagBy('ann', b.server, id))).toEqual([201, { count: 1 }])
      expect(recordsOf(await a.world.read())).toMatchObject([{ username: 'ann' }])
      expect(b.world.errors).toEqual([])
    })

    test('are a 409 while the answer is open', async () => {
      const fleet = new Fleet()
      const b = await instance(fleet, {})
      const world = await World.make(adapter)
      const end = deferred()
      const server = await world.serve(
        use(world.flagging({ callback: new FleetLogger(fleet) })),
        route(
          'POST /slow',
          api.reading({
            headers: [['content-type', 'text/plain']],
            body: async (out) => {
              await out.write('first ')
              await end.promise
            },
          }),
        ),
      )
      const response = await server.request('/slow', postJSON({ q: 1 }))
      const early = await flag(b.server, response.headers.get('flagging-id'))
      expect([early.status, early.headers.get('retry-after')]).toEqual([409, '1'])
      end.resolve()
      await response.text()
      expect((await flag(b.server, response.headers.get('flagging-id'))).status).toBe(201)
    })

    test('are checked, allowed and redacted by the instance that is asked', async () => {
      const authorize = (target: object) => username(target) !== 'eve'
      const options = { inputs, username, authorize, comment: true, correction: true }
      const { fleet, a, b } = await pair({ ...options, redact: ['pin'] })
      const { id } = await calculate(a.server)
      expect((await flagBy('eve', b.server, id)).status).toBe(403)
      expect((await unflag(b.server, id, by('eve'))).status).toBe(403)
      expect((await flag(b.server, id, { option: 'Good' })).status).toBe(400)
      expect((await flag(b.server, id, { comment: 'x'.repeat(100_001) })).status).toBe(400)
      expect(fleet.passed).toEqual([])
      // What is hidden makes the text longer than what may be sent.
      const pins = JSON.stringify(Array.from({ length: 7000 }, (_, pin) => ({ pin })))
      const said = { comment: pins, correction: { password: 'hunter2', pin: 1234 } }
      expect((await flag(b.server, id, said)).status).toBe(201)
      expect(fleet.passed.join()).not.toMatch(/hunter2|1234/)
      expect((await flag(a.server, id, said)).status).toBe(200)
      expect(await a.world.read()).not.toMatch(/hunter2|1234/)
    })

    test('are a 503 where they cannot be passed, which is reported', async () => {
      const { fleet, a, b } = await pair()
      const { id } = await calculate(a.server)
      fleet.broken = new FlaggingError('ERR_FLAGGING_STORE', 'postgres://secret is down')
      for (const failed of [await flag(b.server, id), await unflag(b.server, id)]) {
        expect([failed.status, failed.json<{ code: string }>().code]).toEqual([503, 'unavailable'])
        expect(failed.text).not.toMatch(/secret/)
      }
      expect(b.world.errors.splice(0)).toEqual([fleet.broken, fleet.broken])
      await expect(b.flagging.flag(id ?? '')).rejects.toBe(fleet.broken)
      b.world.errors.splice(0)
    })

    test('may be taken back on any instance', async () => {
      const { a, b } = await pair({ inputs, username })
      const { id } = await calculate(a.server)
      await flagBy('ann', b.server, id)
      await flagBy('bob', a.server, id)
      expect(told(await unflag(b.server, id, by('ann')))).toEqual([200, { deleted: 1 }])
      expect(told(await unflag(b.server, id, by('ann')))).toEqual([404, expect.anything()])
      expect(await b.flagging.unflag(id ?? '', { username: 'bob' })).toBe(1)
      expect(rowsOf(await a.world.read())).toHaveLength(1)
      expect(told(await flagBy('ann', b.server, id))).toEqual([201, { count: 1 }])
    })

    test('are none in the modes auto and never', async () => {
      const fleet = new Fleet()
      const a = await instance(fleet)
      const { id } = await calculate(a.server)
      const auto = await instance(fleet, { inputs, mode: 'auto' })
      const answers = [await flag(auto.server, id), await unflag(auto.server, id)]
      expect(answers.map(({ json }) => json<{ code: string }>().code)).toEqual([
        'mode_auto',
        'mode_auto',
      ])
      const never = await instance(fleet, { inputs, mode: 'never' })
      const refused = never.flagging.flag(id ?? '')
      await expect(refused).rejects.toMatchObject({ code: 'ERR_FLAGGING_MODE_NEVER' })
      never.world.errors.splice(0)
      expect(fleet.passed).toEqual([])
      for (const { server } of [auto, never]) await calculate(server)
      expect([auto, never].map(({ logger }) => logger.held)).toEqual([0, 0])
      const hosts = [a, auto, never].map(({ logger }) => logger.attached[0])
      expect(hosts.map((host) => host?.holds)).toEqual([true, false, false])
      expect(hosts.map((host) => host?.stores)).toEqual([true, true, false])
    })

    test('end with the flagging that holds, or that is asked', async () => {
      const { a, b } = await pair()
      const { id } = await calculate(a.server)
      const [host] = a.logger.attached
      expect([host?.isHeld(id ?? ''), host?.isHeld(UNKNOWN)]).toEqual([true, false])
      expect(host?.flagHeld(UNKNOWN, nothing)).toBeUndefined()
      await a.flagging.close()
      expect(host?.isHeld(id ?? '')).toBe(false)
      expect(host?.flagHeld(id ?? '', nothing)).toBeUndefined()
      expect(host?.unflagHeld(id ?? '', null)).toBeUndefined()
      expect((await flag(b.server, id)).status).toBe(404)
      await b.flagging.close()
      expect((await flag(b.server, id)).status).toBe(503)
      expect(b.world.errors.splice(0)).toMatchObject([{ code: 'ERR_FLAGGING_CLOSED' }])
      expect([a.logger.closed, b.logger.closed]).toEqual([1, 1])
    })

    test('begin with the first interaction that is held, of which the callback hears once', async () => {
      const { a, b } = await pair()
      expect([a.logger.attached.length, b.logger.attached.length]).toEqual([1, 1])
      expect(a.logger.attached[0]).toMatchObject({ dir: a.world.dir, holds: true })
      for (let count = 0; count < 3; count++) await calculate(a.server)
      expect([a.logger.held, b.logger.held]).toEqual([1, 0])
    })

    test('harm no answer where the callback fails to hear of it', async () => {
      const fleet = new Fleet()
      const world = await World.make(adapter)
      const callback = new FleetLogger(fleet)
      callback.elsewhere.holding = () => {
        throw new Error('not now')
      }
      const server = await world.serve(
        use(world.flagging({ inputs, callback })),
        route('POST /calculate', api.calculator),
      )
      const { id, status } = await calculate(server)
      expect(status).toBe(200)
      expect(world.errors.splice(0).map(String)).toEqual(['Error: not now'])
      expect((await flag(server, id)).status).toBe(201)
    })
  })
}

/** Details as a text that differs wherever they do, however deep they are. */
function asText(details: FlagDetails | undefined): string {
  return stringifyJSON({ ...details } as unknown as JSONValue)
}

const nothing: PassedFlag = { option: null, comment: null, correction: null, username: null }

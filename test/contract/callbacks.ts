import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Component,
  CSVLogger,
  type FlagDetails,
  type FlaggedFile,
  type FlaggingCallback,
  type FlagValue,
  SimpleCSVLogger,
} from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, route, type Server, use } from './host.ts'
import { png } from './png.ts'
import { exists, World } from './world.ts'
import { deferred, flag, postJSON, postParts, send, upload } from './wire.ts'

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }

/** The guide's callback, translated line by line; what it printed is kept. */
class SimpleFlaggingCallback implements FlaggingCallback {
  readonly printed: string[] = []
  components: readonly Component[] = []
  flaggingDir = ''

  setup(components: readonly Component[], flaggingDir: string): void {
    this.components = components
    this.flaggingDir = flaggingDir
  }

  flag(flagData: readonly FlagValue[], flagOption: string | null = null): number {
    this.printed.push(`Flagged: ${JSON.stringify(flagData)}`)
    if (flagOption) this.printed.push(`Reason: ${flagOption}`)
    return flagData.length
  }
}

/** Notes every call it gets. */
class Notes implements FlaggingCallback {
  readonly setups: [labels: readonly string[], dir: string][] = []
  readonly flags: Parameters<FlaggingCallback['flag']>[] = []
  closed = 0

  setup(components: readonly Component[], flaggingDir: string): void {
    this.setups.push([components.map(({ label }) => label), flaggingDir])
  }

  flag(...args: Parameters<FlaggingCallback['flag']>): number {
    return this.flags.push(args)
  }

  close(): void {
    this.closed += 1
  }
}

/** Callbacks of the user's own. */
export function callbackContract(adapter: Adapter): void {
  const calculate = (server: Server) => send(server, '/calculate', postJSON(sample))
  const calculator = route('POST /calculate', api.calculator)

  describe('callbacks', () => {
    test("the guide's, translated, is set up once and told of every flag", async () => {
      const world = await World.make(adapter)
      const callback = new SimpleFlaggingCallback()
      const options = ['Incorrect']
      const server = await world.serve(
        use(world.flagging({ inputs, options, callback })),
        calculator,
      )
      for (let count = 0; count < 2; count++) {
        const { id } = await calculate(server)
        const flagged = await flag(server, id, { option: 'Incorrect' })
        expect([flagged.status, flagged.json()]).toEqual([201, { count: 4 }])
      }
      const lines = ['Flagged: [5,"add",7,12]', 'Reason: Incorrect']
      expect(callback.printed).toEqual([...lines, ...lines])
      expect(callback.components.map(({ label }) => label)).toEqual([...inputs, 'Output'])
      expect(callback.flaggingDir).toBe(world.dir)
      expect(await exists(world.dir)).toBe(false)
    })

    test('in auto mode it is told of every submission', async () => {
      const world = await World.make(adapter)
      const callback = new SimpleFlaggingCallback()
      const server = await world.serve(
        use(world.flagging({ inputs, mode: 'auto', callback })),
        calculator,
      )
      await calculate(server)
      await world.flush()
      expect(callback.printed).toEqual(['Flagged: [5,"add",7,12]'])
    })

    test('it is told of option, name and details', async () => {
      const world = await World.make(adapter)
      const callback = new Notes()
      const mounted = world.flagging({
        options: ['Bad'],
        comment: true,
        callback,
        username: (target) => adapter.headerOf(target, 'x-user'),
      })
      const server = await world.serve(use(mounted), calculator)
      const { id } = await calculate(server)
      const init = postJSON({ id, option: 'Bad', comment: 'hm' }, { 'x-user': 'ann' })
      expect((await send(server, '/flag', init)).json()).toEqual({ count: 1 })
      const [data, option, username, details] = callback.flags[0] ?? []
      expect([data, option, username]).toEqual([[5, 'add', 7, 12], 'Bad', 'ann'])
      expect(details).toMatchObject({
        id,
        dir: join(world.dir, 'calculate'),
        endpoint: 'calculate',
        method: 'POST',
        status: 200,
        ended: 'complete',
        truncated: false,
        comment: 'hm',
      })
      const { startedAt, duration, components } = details as FlagDetails
      expect(startedAt).toBeInstanceOf(Date)
      expect(duration).toBeGreaterThanOrEqual(0)
      expect(components.map(({ label }) => label)).toEqual([...inputs, 'Output'])
    })

    test('what is not configured is undefined, what is not given is null', async () => {
      const world = await World.make(adapter)
      const [bare, full] = [new Notes(), new Notes()]
      const username = () => null
      const servers = [
        await world.serve(use(world.flagging({ callback: bare })), calculator),
        await world.serve(
          use(world.flagging({ callback: full, username, options: ['Bad'], comment: true })),
          calculator,
        ),
      ] as const
      await flag(servers[0], (await calculate(servers[0])).id)
      await flag(servers[1], (await calculate(servers[1])).id, { option: 'Bad' })
      expect(bare.flags[0]?.slice(1, 3)).toEqual([undefined, undefined])
      expect(bare.flags[0]?.[3]).not.toHaveProperty('comment')
      expect(full.flags[0]?.slice(1, 3)).toEqual(['Bad', null])
      expect(full.flags[0]?.[3]).toMatchObject({ comment: null })
    })

    test('files are files: name, type, size and content, and never a path', async () => {
      const world = await World.make(adapter)
      const saved = join(world.root, 'saved.png')
      const seen: unknown[] = []
      const callback: FlaggingCallback = {
        setup: () => {},
        async flag([im]) {
          const { name, type, size, ...rest } = im as FlaggedFile
          seen.push(name, type, size, Buffer.from(await (im as FlaggedFile).bytes()))
          const chunks: Uint8Array[] = []
          for await (const chunk of (im as FlaggedFile).stream()) chunks.push(chunk)
          seen.push(Buffer.concat(chunks), 'path' in rest)
          await (im as FlaggedFile).saveTo(saved)
          return 1
        },
      }
      const server = await world.serve(
        use(world.flagging({ mode: 'auto', inputs: ['im'], callback })),
        route('POST /sepia', api.sepiaTone),
      )
      await send(server, '/sepia', postParts({ im: upload(png(1), 'cat.png') }))
      await world.flush()
      expect(seen).toEqual(['cat.png', 'image/png', png(1).length, png(1), png(1), false])
      expect(await readFile(saved)).toEqual(png(1))
    })

    test('a function makes one per dataset; one object serves all of them', async () => {
      const world = await World.make(adapter)
      const made: Notes[] = []
      const one = new Notes()
      const each = () => {
        const notes = new Notes()
        made.push(notes)
        return notes
      }
      for (const callback of [each, one]) {
        const server = await world.serve(
          use(world.flagging({ mode: 'auto', callback })),
          route('POST /one', api.sink),
          route('POST /two', api.sink),
        )
        for (const path of ['/one', '/two', '/one']) {
          await send(server, path, postJSON({ q: 1 }))
          await world.flush()
        }
      }
      const dirs = [join(world.dir, 'one'), join(world.dir, 'two')]
      expect(made.map(({ setups }) => setups)).toEqual(dirs.map((dir) => [[['q', 'ok'], dir]]))
      expect(made.map(({ flags }) => flags.length)).toEqual([2, 1])
      expect(one.setups.map(([, dir]) => dir)).toEqual(dirs)
      expect(one.flags).toHaveLength(3)
    })

    const FAILING: Record<string, () => never | Promise<never>> = {
      throws: () => {
        throw new Error('no route to 10.0.0.7:5432')
      },
      rejects: () => Promise.reject(new Error('no route to 10.0.0.7:5432')),
    }
    for (const [how, fail] of Object.entries(FAILING)) {
      test(`one that ${how} gives 503 to the flagger without inner details, and nothing to the host`, async () => {
        const world = await World.make(adapter)
        const callback = { setup: () => {}, flag: fail }
        const server = await world.serve(use(world.flagging({ inputs, callback })), calculator)
        const answer = await calculate(server)
        expect([answer.status, answer.json()]).toEqual([200, 12])
        const flagged = await flag(server, answer.id)
        expect(flagged.status).toBe(503)
        expect(flagged.headers.get('content-type')).toMatch(/^application\/problem\+json/)
        expect(flagged.text).not.toMatch(/10\.0\.0\.7|5432|route|Error|\.ts/)
        expect(String(world.errors[0])).toContain('10.0.0.7')
        expect((await calculate(server)).status).toBe(200)
      })

      test(`in auto mode one that ${how} is reported and counted, and requests are served`, async () => {
        const world = await World.make(adapter)
        const callback = { setup: () => {}, flag: fail }
        const mounted = world.flagging({ inputs, mode: 'auto', callback })
        const server = await world.serve(use(mounted), calculator)
        for (let count = 0; count < 3; count++) expect((await calculate(server)).status).toBe(200)
        await mounted.flagging.flush()
        expect(mounted.flagging.stats()).toMatchObject({ failed: 3, stored: 0, pending: 0 })
        expect(world.errors.map(String)).toEqual(
          Array.from({ length: 3 }, () => expect.stringContaining('10.0.0.7')),
        )
      })
    }

    test('a failed flag may be sent again', async () => {
      const world = await World.make(adapter)
      let broken = true
      const notes = new Notes()
      const callback: FlaggingCallback = {
        setup: () => {},
        flag: (...args) => {
          if (broken) throw new Error('not now')
          return notes.flag(...args)
        },
      }
      const server = await world.serve(use(world.flagging({ inputs, callback })), calculator)
      const { id } = await calculate(server)
      expect((await flag(server, id)).status).toBe(503)
      broken = false
      expect((await flag(server, id)).status).toBe(201)
      expect((await flag(server, id)).status).toBe(200)
      expect(notes.flags).toHaveLength(1)
    })

    test('a failed setup fails its flag; the next flag tries again', async () => {
      const world = await World.make(adapter)
      let setups = 0
      const callback: FlaggingCallback = {
        async setup() {
          if (++setups === 1) throw new Error('the database sleeps')
        },
        flag: () => 1,
      }
      const server = await world.serve(use(world.flagging({ inputs, callback })), calculator)
      const { id } = await calculate(server)
      expect((await flag(server, id)).status).toBe(503)
      expect((await flag(server, id)).status).toBe(201)
      expect(setups).toBe(2)
    })

    test('one that never settles harms no request', async () => {
      const world = await World.make(adapter)
      const release = deferred()
      const callback: FlaggingCallback = {
        setup: () => {},
        flag: () => release.promise.then(() => 1),
      }
      const mounted = world.flagging({ inputs, mode: 'auto', callback })
      const server = await world.serve(use(mounted), calculator)
      try {
        for (let count = 0; count < 20; count++) {
          const answer = await calculate(server)
          expect([answer.status, answer.json()]).toEqual([200, 12])
        }
        expect(mounted.flagging.stats()).toMatchObject({ pending: 20, stored: 0 })
      } finally {
        release.resolve()
      }
      await world.flush()
      expect(mounted.flagging.stats()).toMatchObject({ pending: 0, stored: 20 })
    })

    test('onFlag is told of each stored sample; a throw inside harms nobody', async () => {
      const world = await World.make(adapter)
      const events: unknown[] = []
      const mounted = world.flagging({
        inputs,
        options: ['Bad'],
        onFlag: ({ count, flagData, option, details }) => {
          events.push([count, flagData, option, details.endpoint])
          throw new Error('in onFlag')
        },
      })
      const server = await world.serve(use(mounted), calculator)
      const { id } = await calculate(server)
      expect((await flag(server, id, { option: 'Bad' })).status).toBe(201)
      expect(events).toEqual([[1, [5, 'add', 7, 12], 'Bad', 'calculate']])
      expect(world.errors.map(String)).toEqual(['Error: in onFlag'])
    })

    test('a throw inside onError harms nobody either', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({
        inputs,
        mode: 'auto',
        callback: {
          setup: () => {},
          flag: () => {
            throw new Error('store')
          },
        },
        onError: () => {
          throw new Error('report')
        },
      })
      const server = await world.serve(use(mounted), calculator)
      await calculate(server)
      await mounted.flagging.flush()
      expect((await calculate(server)).status).toBe(200)
    })

    test('close closes it once, after every flag has settled', async () => {
      const world = await World.make(adapter)
      const notes = new Notes()
      const mounted = world.flagging({ mode: 'auto', callback: notes })
      const server = await world.serve(use(mounted), calculator)
      await calculate(server)
      await mounted.flagging.close()
      await mounted.flagging.close()
      expect([notes.flags.length, notes.closed]).toEqual([1, 1])
    })

    test('SimpleCSVLogger writes values only, into log.csv', async () => {
      const world = await World.make(adapter)
      const callback = new SimpleCSVLogger()
      const server = await world.serve(use(world.flagging({ inputs, callback })), calculator)
      for (const count of [1, 2]) {
        const { id } = await calculate(server)
        expect((await flag(server, id)).json()).toEqual({ count })
      }
      expect(await world.read('log.csv')).toBe('5,add,7,12\n5,add,7,12\n')
      expect(await world.files()).toEqual(['log.csv'])
    })

    test('CSVLogger adds the columns that are asked for, behind all others', async () => {
      const world = await World.make(adapter)
      const columns = ['timestamp', 'id', 'endpoint', 'status', 'duration', 'ended', 'truncated']
      const callback = () => new CSVLogger({ columns: columns as never })
      const server = await world.serve(
        use(world.flagging({ inputs: ['num1'], options: ['Bad'], callback })),
        calculator,
      )
      const { id } = await calculate(server)
      await flag(server, id, { option: 'Bad' })
      const [header, row] = (await world.read()).trimEnd().split('\n')
      expect(header).toBe(`num1,Output,flag_option,${columns.join(',')}`)
      expect(row).toMatch(
        new RegExp(
          `^5,12,Bad,\\d{4}-[\\d-]+T[\\d:.]+Z,'?${id},calculate,200,[\\d.]+,complete,false$`,
        ),
      )
    })
  })
}

import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { type Component, type FlagValue, type FlaggedFile, FlaggingError } from '@flagging/core'
import { SourceFile, isFlaggedFile, isFlaggedFileList, memorySource } from '@flagging/core/store'
import * as fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import type { FileStore } from '../../src/files/file-store.ts'
import type { Outbox } from '../../src/outbox/outbox.ts'
import type { SampleRecord } from '../../src/samples/sample-record.ts'
import { record, temporaryFolder, testStore } from '../samples/store.ts'
import { type Proxy, openProxy } from '../servers/proxy.ts'
import { filesIn, openOutbox } from './support.ts'

/** `npm run soak -- postgres-logger/test/outbox/disturbances` plays many more. */
const ROUNDS = process.env['FLAGGING_SOAK'] === undefined ? 4 : 500
const PATIENCE = { timeout: 60_000 }
/** So little that samples are refused for want of room, and segments are many. */
const SIZES = { maxBytes: 60_000, alarmBytes: 30_000 }
const OFTEN = { scanMs: 5, idleMs: 5, patienceMs: 200 }
const EXPECTED = /samples? waits? in the outbox|bytes that still|there is room again|no_poison/
const REFUSE = `alter table flagging.samples add constraint no_poison check (comment <> 'poison')`
const REFUSE_NONE = 'alter table flagging.samples drop constraint no_poison'

const TEXT = 0
const PICTURE = 1
const LAYOUTS: readonly (readonly Component[])[] = [
  [{ label: 'text', type: 'text', role: 'input' }],
  [
    { label: 'picture', type: 'image', role: 'input' },
    { label: 'Output', type: 'text', role: 'output' },
  ],
  [
    { label: 'files', type: 'file', role: 'input' },
    { label: 'json', type: 'json', role: 'output' },
  ],
]

/** What a sample is like. */
interface Shape {
  readonly layout: number
  /** Of a file or a text, roughly in parts of 36 bytes. */
  readonly size: number
  readonly folder: string
  readonly comment: 'sound' | 'poison'
}

/** Something that happens while samples are on their way. */
type Step =
  | { readonly flags: readonly Shape[]; readonly isAwaited: boolean }
  | { readonly restarted: number }
  | (typeof EVENTS)[number]

const EVENTS = [
  'a flag that is too large',
  'a flag that is too large',
  'all connections are cut',
  'connections are possible',
  'connections are possible',
  'a request is cut',
  'an answer is cut',
  'files cannot be stored',
  'files can be stored',
  'files can be stored',
  'what was refused is sent again',
  'a turn',
  'a turn',
  'a pause',
  'a pause',
] as const

const TOO_LARGE: Shape = { layout: TEXT, size: 2000, folder: 'a', comment: 'sound' }
const shapes = fc.record<Shape>({
  layout: fc.nat({ max: LAYOUTS.length - 1 }),
  size: fc.constantFrom(1, 1, 1, 10, 100),
  folder: fc.constantFrom('a', 'a', 'b'),
  comment: fc.constantFrom(...Array<'sound'>(30).fill('sound'), 'poison'),
})
const flags = fc.record({
  flags: fc.array(shapes, { minLength: 1, maxLength: 12 }),
  isAwaited: fc.boolean(),
})
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: flags },
  { weight: 1, arbitrary: fc.record({ restarted: fc.nat({ max: 1 }) }) },
  { weight: 9, arbitrary: fc.constantFrom(...EVENTS) },
)

function fileOf(text: string): FlaggedFile {
  return new SourceFile('a.png', 'image/png', memorySource(Buffer.from(text)))
}

function sampleOf({ layout, size, folder, comment }: Shape): SampleRecord {
  const id = randomUUID()
  const long = id.repeat(size)
  let values: FlagValue[] = [[fileOf(id), fileOf(long)], { id, long: [long] }]
  if (layout === TEXT) values = [long]
  if (layout === PICTURE) values = [fileOf(long), `${id}\n"=`]
  return record({ id, folder, comment, components: LAYOUTS[layout] ?? [] }, values)
}

async function contentOf(value: FlagValue): Promise<unknown> {
  if (isFlaggedFile(value)) return Buffer.from(await value.bytes()).toString()
  return isFlaggedFileList(value) ? Promise.all(value.map(contentOf)) : value
}

async function contentsOf(samples: readonly SampleRecord[]): Promise<ReadonlyMap<string, unknown>> {
  const all = samples.map(
    async ({ id, values }) => [id, await Promise.all(values.map(contentOf))] as const,
  )
  return new Map((await Promise.all(all)).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** As the README says. */
function moveBack(dir: string): void {
  const refused = join(dir, 'refused')
  if (!existsSync(refused)) return
  for (const name of readdirSync(refused)) renameSync(join(refused, name), join(dir, name))
}

/** A place for files that is away now and then. */
class FailingFiles {
  #failures = 0

  constructor(files: FileStore) {
    const put = files.put.bind(files)
    files.put = async (key, file) => {
      if (this.#failures-- > 0) throw Object.assign(new Error('Gone'), { code: 'ECONNRESET' })
      return put(key, file)
    }
  }

  fail(times: number): void {
    this.#failures = times
  }
}

/** Two outboxes in one directory that are flagged to, disturbed and made anew. */
class Scene {
  readonly #dir: string
  readonly #proxy: Proxy
  readonly #files: FailingFiles
  readonly #open: () => Outbox
  readonly #outboxes: [Outbox, Outbox]
  readonly acknowledged: SampleRecord[] = []
  #running: Promise<unknown>[] = []

  constructor(dir: string, open: () => Outbox, proxy: Proxy, files: FailingFiles) {
    this.#dir = dir
    this.#open = open
    this.#proxy = proxy
    this.#files = files
    this.#outboxes = [open(), open()]
  }

  async play(all: readonly Step[]): Promise<void> {
    for (const [at, step] of all.entries()) await this.#play(step, at % 2 === 0 ? 0 : 1)
    await Promise.all(this.#running)
    this.#running = []
    this.#proxy.open()
    this.#files.fail(0)
    await Promise.all(this.#outboxes.map((outbox) => outbox.shipped(PATIENCE.timeout)))
  }

  async close(): Promise<void> {
    await Promise.all(this.#outboxes.map((outbox) => outbox.close()))
  }

  async #play(step: Step, which: 0 | 1): Promise<void> {
    if (step === 'all connections are cut') this.#proxy.close()
    else if (step === 'connections are possible') this.#proxy.open()
    else if (step === 'a request is cut') this.#proxy.cutAt('insert into', 'request')
    else if (step === 'an answer is cut') this.#proxy.cutAt('commit', 'answer')
    else if (step === 'files cannot be stored') this.#files.fail(3)
    else if (step === 'files can be stored') this.#files.fail(0)
    else if (step === 'what was refused is sent again') moveBack(this.#dir)
    else if (step === 'a turn') await nextTurn()
    else if (step === 'a pause') await delay(20)
    else if (step === 'a flag that is too large') {
      this.#running.push(this.#flag(which, TOO_LARGE))
    } else if ('restarted' in step) {
      this.#running.push(this.#outboxes[which].close())
      this.#outboxes[which] = this.#open()
    } else {
      const flagged = Promise.all(step.flags.map((shape) => this.#flag(which, shape)))
      this.#running.push(flagged)
      if (step.isAwaited) await flagged
    }
  }

  async #flag(which: 0 | 1, shape: Shape): Promise<void> {
    const sample = sampleOf(shape)
    try {
      await this.#outboxes[which].add(sample)
      this.acknowledged.push(sample)
    } catch (error) {
      const isFull = error instanceof FlaggingError && error.code === 'ERR_FLAGGING_DISK_FULL'
      if (!isFull) throw error
    }
  }
}

test(
  'whatever disturbs an outbox, what it acknowledged arrives once and whole',
  { timeout: ROUNDS * 60_000 },
  async () => {
    const near = await testStore()
    const proxy = await openProxy(inject('postgresPort'))
    const far = await testStore({ url: near.url.replace(/:\d+\//, `:${proxy.port}/`) })
    const files = new FailingFiles(far.files)
    const dir = temporaryFolder()
    const told: (() => string[])[] = []
    const open = (): Outbox => {
      const { outbox, messages } = openOutbox(far.writer(), { dir, ...SIZES }, OFTEN)
      outbox.start()
      told.push(messages)
      return outbox
    }
    const scene = new Scene(dir, open, proxy, files)
    const play = async (all: readonly Step[]): Promise<void> => {
      await near.database.query(REFUSE)
      await scene.play(all)
      await near.database.query(REFUSE_NONE)
      // What an outbox has left that was closed is found with the next look, and may be refused before.
      await expect
        .poll(async () => {
          moveBack(dir)
          return (await near.rows()).length
        }, PATIENCE)
        .toBe(scene.acknowledged.length)
      expect(await contentsOf(await far.records())).toEqual(await contentsOf(scene.acknowledged))
      expect(told.flatMap((messages) => messages()).filter((one) => !EXPECTED.test(one))).toEqual(
        [],
      )
      scene.acknowledged.length = 0
      await near.database.query('truncate flagging.samples')
    }
    const rounds = fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 60 }), play)
    // With fewer steps the same comes out differently.
    await fc.assert(rounds, { numRuns: ROUNDS, endOnFailure: true })
    await scene.close()
    await expect.poll(() => filesIn(dir), PATIENCE).toEqual([])
  },
)

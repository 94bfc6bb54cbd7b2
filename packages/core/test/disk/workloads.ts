import type { CSVLoggerOptions } from '../../src/store/csv-logger.ts'
import { PNG, fileOf } from '../csv-logger-support.ts'
import type { ModelDisk } from './model-disk.ts'
import { clock } from './clock.ts'
import { isCampaign } from './effort.ts'
import { type Death, killable } from './killable.ts'
import { DIR, NARROW, type Run, WIDE, endpoint } from './samples.ts'

/** Something that is done to a disk while the power may fail. */
export interface Workload {
  readonly name: string
  readonly options?: CSVLoggerOptions
  /** The share of the states that `npm test` looks at, if that is not for the test to say. */
  readonly share?: number
  /** What lies on the disk before, safely. */
  prepare?(run: Run): Promise<void>
  play(run: Run): Promise<void>
}

/** Lines that look like rows of the log, for a cell that is torn or has a hole. */
export const DECOYS: string = Array.from(
  { length: 220 },
  (_, n) => `decoy${n},forged,"1",\ndecoy${n}b,"-1.5",,`,
)
  .join('\n')
  .slice(0, 9000)
const LARGE = `${'é"\n'.repeat(33_000)}x,1,2,\n`.padEnd(100_001, 'y')

export async function withRows(run: Run): Promise<void> {
  const logger = run.logger()
  await run.flag(logger, WIDE, 'old0', '1.5', [1, -0], fileOf(PNG))
  await run.flag(logger, WIDE, 'old1', 'say "hi"\n', null, null)
  await run.close()
}

/** Leaves part of a row behind the log, as a writer that was killed does. */
export async function withTornTail(run: Run): Promise<void> {
  await withRows(run)
  const log = await run.disk.open(`${DIR}/logs.csv`, 'write')
  const tail = Buffer.from(`torn,"1,2,\nold1,forged,3,\n${DECOYS.replaceAll('"', '""')}`)
  await log.write(tail, 0, tail.length, (await log.stat()).size)
  await log.close()
}

async function removeAll(disk: ModelDisk, path: string): Promise<void> {
  for (const { name, kind } of await disk.readdir(path)) {
    if (kind === 'directory') await removeAll(disk, `${path}/${name}`)
    else await disk.unlink(`${path}/${name}`)
  }
  await disk.rmdir(path)
}

async function batches(run: Run): Promise<void> {
  const logger = run.logger(run.options)
  for (const batch of [0, 1, 2]) {
    run.disk.advance(1000)
    await Promise.all([
      run.flag(logger, WIDE, `b${batch}`, '007', { a: 'x\ny' }, fileOf(`file ${batch}`)),
      run.flag(logger, WIDE, `c${batch}`, null, '', [
        fileOf(PNG),
        fileOf('x'.repeat(5000)),
        fileOf(''),
      ]),
      run.flag(logger, WIDE, `d${batch}`, `=${batch}`, -0, null),
    ])
  }
}

async function decoys(run: Run): Promise<void> {
  const logger = run.logger(run.options)
  await run.flag(logger, WIDE, 'before', '1.5', null, null)
  await Promise.all([
    run.flag(logger, WIDE, 'long0', DECOYS, 'p'.repeat(4500), fileOf(PNG)),
    run.flag(logger, WIDE, 'long1', `${'z'.repeat(4000)}",\n${DECOYS}`, [DECOYS], null),
    run.flag(logger, WIDE, 'long2', null, null, null),
  ])
  await run.flag(logger, WIDE, 'after', '2.5', 0, null)
}

async function changes(run: Run): Promise<void> {
  const logger = run.logger(run.options)
  await run.flag(logger, WIDE, 'w0', '1', true, fileOf(PNG))
  await run.flag(logger, NARROW, 'n0', '1.0', fileOf(PNG))
  await Promise.all([
    run.flag(logger, WIDE, 'w1', '2', false, null),
    run.flag(logger, NARROW, 'n1', '2.0', [fileOf(PNG), fileOf(PNG)]),
  ])
  await run.flag(logger, WIDE, 'w2', '3', {}, null)
}

async function more(run: Run): Promise<void> {
  const logger = run.logger(run.options)
  await run.flag(logger, WIDE, 'm0', 'x'.repeat(9000), 1, fileOf(PNG))
  await run.flag(logger, WIDE, 'm1', '1e3', 1, null)
}

/** Where a process dies: between what it does and what brings that to the disk. */
const KILLED_AT: readonly (readonly [string, Death])[] = [
  ['the sync above', ({ name, path }) => name === 'syncDirectory' && path === '/data'],
  [
    'the sync of its list',
    ({ name, path }) => name === 'syncDirectory' && path.endsWith('/.flagging'),
  ],
  ['its second list', ({ name, path }) => name === 'syncDirectory' && path.endsWith('/.flagging')],
  ['its first log', ({ name, path }) => name === 'stat' && path.endsWith('/logs.csv')],
  ['its second log', ({ name, path }) => name === 'stat' && path.endsWith('/logs2.csv')],
  ['its files', ({ name, path }) => name === 'syncDirectory' && path.endsWith('/Output')],
  ['the write of its row', ({ name, path }) => name === 'write' && path.endsWith('/logs.csv')],
  ['the sync of its row', ({ name, path }) => name === 'datasync' && path.endsWith('/logs.csv')],
  ...(isCampaign
    ? Array.from({ length: 60 }, (_, call): [string, Death] => [
        `call ${call}`,
        ({ n }) => n >= call,
      ])
    : []),
]

/** Everything that the power fails in. */
export const WORKLOADS: readonly Workload[] = [
  {
    name: 'the first sample',
    async play(run) {
      await run.flag(run.logger(), WIDE, 'first', '1.5', [{ a: -0 }], fileOf(PNG))
    },
  },
  { name: 'batches with files', play: batches },
  { name: 'batches that are not synced', options: { fsync: 'none' }, play: batches },
  { name: 'batches of the only writer', options: { exclusive: true }, play: batches },
  {
    name: 'batches on the disk of a server',
    play(run) {
      run.disk.local = false
      return batches(run)
    },
  },
  { name: 'cells of several pages that look like rows', play: decoys },
  { name: 'such cells that are not synced', options: { fsync: 'none' }, play: decoys },
  {
    name: 'values too large for their cells',
    share: 0.15,
    async play(run) {
      const logger = run.logger()
      await run.flag(logger, WIDE, 'l0', LARGE, [LARGE], fileOf(PNG))
      await run.flag(logger, WIDE, 'l1', `\ud800${LARGE}`, null, null)
    },
  },
  { name: 'a header that changes and changes back', play: changes },
  { name: 'such a header that is not synced', options: { fsync: 'none' }, play: changes },
  { name: 'a torn row at the start', prepare: withTornTail, play: more },
  {
    name: 'a torn row that is not synced away',
    options: { fsync: 'none' },
    prepare: withTornTail,
    play: more,
  },
  {
    name: 'two loggers in turns',
    prepare: withRows,
    async play(run) {
      const [one, other] = [run.logger(), run.logger()]
      await run.flag(one, WIDE, 't0', '1', null, fileOf(PNG))
      await run.flag(other, NARROW, 't1', '2', fileOf(PNG))
      await run.flag(other, WIDE, 't2', '3', null, fileOf(PNG))
      await run.flag(one, NARROW, 't3', '4', null)
    },
  },
  {
    name: 'a logger that syncs behind one that does not',
    async play(run) {
      const lax = run.logger({ fsync: 'none' })
      const before = run.acknowledged.length
      await run.flag(lax, WIDE, 'lax0', '1', null, null)
      await run.flag(lax, WIDE, 'lax1', DECOYS, null, null)
      run.acknowledged.splice(before)
      await run.flag(run.logger(), WIDE, 'strict', '2', null, fileOf(PNG))
    },
  },
  {
    name: 'endpoints that start at once',
    async play(run) {
      const logger = run.logger()
      await Promise.all(
        ['index', 'v1.chat', 'PUT.items.{id}'].map((name) =>
          run.flag(logger, endpoint(name), `e.${name}`, '1', null, fileOf(PNG)),
        ),
      )
    },
  },
  {
    name: 'names that are taken',
    prepare: async (run) => {
      await withRows(run)
      for (const number of [2, 3])
        await (await run.disk.open(`${DIR}/im/${number}.png`, 'create')).close()
    },
    async play(run) {
      const logger = run.logger()
      await run.flag(logger, WIDE, 'k0', '1', null, fileOf(PNG))
      await run.flag(logger, WIDE, 'k1', '1', null, fileOf(PNG))
    },
  },
  {
    name: 'a disk without hard links',
    async play(run) {
      run.disk.hasLinks = false
      await run.flag(run.logger(), WIDE, 'h0', '1', null, [fileOf(PNG), fileOf('x')])
    },
  },
  {
    name: 'a dataset that is removed meanwhile',
    prepare: withRows,
    async play(run) {
      const logger = run.logger()
      await run.flag(logger, WIDE, 'r0', '1', null, fileOf(PNG))
      run.forgetAcknowledged()
      await removeAll(run.disk, DIR)
      await run.flag(logger, WIDE, 'r1', '2', null, fileOf(PNG))
      await run.flag(logger, WIDE, 'r2', '3', null, fileOf(PNG))
    },
  },
  {
    name: 'a sweep of what dead writers left',
    async prepare(run) {
      await withRows(run)
      for (const call of [33, 37, 41]) {
        const { disk, died } = killable(run.disk, ({ n }) => n >= call)
        const dead = run.flag(run.logger({}, disk), WIDE, `dead${call}`, '1', null, [
          fileOf(PNG),
          fileOf(`${call}`),
        ])
        await Promise.race([dead, died])
        run.forgetLoggers()
      }
      clock.now += 2 * 60 * 60 * 1000
    },
    async play(run) {
      const logger = run.logger()
      await run.flag(logger, WIDE, 'p0', '1', null, fileOf(PNG))
      await run.flag(logger, WIDE, 'p1', '1', null, fileOf(PNG))
      await run.close()
    },
  },
  ...KILLED_AT.map(killedAt),
  {
    name: 'a sync of rows that failed',
    prepare: withRows,
    async play(run) {
      const logger = run.logger()
      for (const [index, kept] of [0, 0.5, 1].entries()) {
        let isDone = false
        run.disk.fault = ({ name, path }) => {
          if (isDone || name !== 'datasync' || !path.endsWith('.csv')) return undefined
          isDone = true
          return { code: 'EIO', kept }
        }
        await Promise.all([
          run.flag(logger, WIDE, `f${index}`, 'x'.repeat(5000), null, fileOf(PNG)),
          run.flag(logger, WIDE, `g${index}`, '1', null, null),
        ])
        await run.flag(logger, WIDE, `s${index}`, '1', null, fileOf(PNG))
      }
    },
  },
  {
    name: 'a sync and a cut that both failed',
    prepare: withRows,
    async play(run) {
      const logger = run.logger()
      for (const [index, kept] of [0, 0.5].entries()) {
        run.disk.fault = ({ name, path }) =>
          path.endsWith('.csv') && /datasync|truncate/.test(name)
            ? { code: 'EIO', kept }
            : undefined
        await run.flag(logger, WIDE, `f${index}`, 'x'.repeat(5000), null, fileOf(PNG))
        run.disk.fault = undefined
        await run.flag(logger, WIDE, `s${index}`, '1', null, fileOf(PNG))
      }
    },
  },
]

/** A process that is killed, and others that go on where it was: a new one, and one that was there. */
function killedAt([what, isLast]: readonly [string, Death]): Workload {
  return {
    name: `a process killed at ${what}`,
    async play(run) {
      const before = run.logger()
      const isSecond = what.includes('second')
      if (isSecond) await run.flag(before, WIDE, 'before', '1', null, fileOf(PNG))
      const { disk, died } = killable(run.disk, isLast)
      // A name that is taken by then would have the list written again.
      const file = what.includes('list') ? null : fileOf(PNG)
      const dead = run.flag(run.logger({}, disk), NARROW, 'killed', DECOYS, file)
      await Promise.race([dead, died])
      // Without a file: its folder would have the directory synced.
      if (isSecond) await run.flag(before, NARROW, 'there', '1', null)
      await run.flag(run.logger(), NARROW, 'next', '1', fileOf(PNG))
    },
  }
}

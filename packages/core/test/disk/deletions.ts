import { PNG, fileOf } from '../csv-logger-support.ts'
import { isCampaign } from './effort.ts'
import { type Death, killable } from './killable.ts'
import { removeFrom } from './removals.ts'
import { DIR, NARROW, type Run, WIDE } from './samples.ts'
import { DECOYS, type Workload, withRows, withTornTail } from './workloads.ts'

/** Deletes from a log that was there, and from one that is written to meanwhile. */
async function deletions(run: Run): Promise<void> {
  const logger = run.logger(run.options)
  await run.flag(logger, WIDE, 'x0', '1', null, [fileOf(PNG), fileOf('x')])
  await removeFrom(run, logger, WIDE, 'old0', 'x0')
  await run.flag(logger, NARROW, 'x1', '2', fileOf(PNG))
  await Promise.all([
    run.flag(logger, WIDE, 'x2', DECOYS, null, fileOf(PNG)),
    removeFrom(run, logger, WIDE, 'old1', 'x1'),
    run.flag(logger, NARROW, 'x3', '3', null),
  ])
  await run.flag(logger, NARROW, 'x4', '4', fileOf(PNG))
  await removeFrom(run, logger, WIDE, 'x2', 'x3', 'x4')
  await run.flag(logger, WIDE, 'x5', '5', null, fileOf(PNG))
}

/** Where a process dies that deletes. */
const DELETING: readonly (readonly [string, Death])[] = [
  ['the copy of a log', ({ name, path }) => name === 'write' && path.endsWith('.tmp')],
  ['the list of what it deletes', ({ name, path }) => name === 'rename' && path.endsWith('.tmp')],
  [
    'the sync of the copy in its place',
    ({ name, path }) => name === 'syncDirectory' && path === DIR,
  ],
  ['the first file of a deleted row', ({ name, path }) => name === 'unlink' && /\/im\//.test(path)],
  ...(isCampaign
    ? Array.from({ length: 90 }, (_, call): [string, Death] => [
        `call ${call} of a deletion`,
        ({ n }) => n >= call,
      ])
    : []),
]

/** Deletions that the power fails in. */
export const DELETIONS: readonly Workload[] = [
  { name: 'rows that are deleted', share: 0.08, prepare: withRows, play: deletions },
  {
    name: 'deleted rows that are not synced',
    options: { fsync: 'none' },
    share: 0.08,
    prepare: withRows,
    play: deletions,
  },
  {
    name: 'rows that the only writer deletes',
    options: { exclusive: true },
    share: 0.08,
    prepare: withRows,
    play: deletions,
  },
  {
    name: 'rows that one logger deletes while another one flags',
    prepare: withTornTail,
    async play(run) {
      const [one, other] = [run.logger(), run.logger()]
      await run.flag(other, WIDE, 'y0', '1', null, fileOf(PNG))
      await Promise.all([
        removeFrom(run, one, WIDE, 'old0', 'y0'),
        run.flag(other, WIDE, 'y1', '2', null, fileOf(PNG)),
        run.flag(other, NARROW, 'y2', '3', fileOf(PNG)),
      ])
      await run.flag(other, WIDE, 'y3', '4', null, fileOf(PNG))
      await Promise.all([
        removeFrom(run, one, WIDE, 'y1'),
        removeFrom(run, other, WIDE, 'y2', 'y3'),
      ])
      await run.flag(one, WIDE, 'y4', '5', null, fileOf(PNG))
    },
  },
  ...DELETING.map(([what, isLast]): Workload => ({
    name: `a process killed at ${what}`,
    prepare: withRows,
    async play(run) {
      const before = run.logger()
      await run.flag(before, WIDE, 'z0', '1', null, fileOf(PNG))
      const { disk, died } = killable(run.disk, isLast)
      await Promise.race([removeFrom(run, run.logger({}, disk), WIDE, 'old0', 'z0'), died])
      await run.flag(before, WIDE, 'z1', '2', null, fileOf(PNG))
      await removeFrom(run, before, WIDE, 'z1')
      await run.flag(run.logger(), WIDE, 'z2', '3', null, fileOf(PNG))
    },
  })),
]

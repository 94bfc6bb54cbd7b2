import { CPU, type Entry, type Group, PEAK, TIME } from '../measure/group.ts'

const SYNCS = ['none', 'batch'] as const
const SHAPE = { unit: 'flag', module: 'flags.ts', measures: [TIME, CPU], warmUp: 3 } as const

/** Flags with the one `fsync` and the other, and the first once more as a control. */
function bothSyncs(settings: Entry['settings']): Entry[] {
  const entry = (fsync: string, again = ''): Entry => ({
    name: `fsync '${fsync}'${again}`,
    settings: { ...settings, fsync },
  })
  return [entry('none'), entry('none', ' again'), entry('batch')]
}

/** Flags to a log, without any HTTP, and what reads the log. */
export const FLAGS: readonly Group[] = [
  {
    ...SHAPE,
    name: 'flags to a CSVLogger, one by one',
    entries: bothSyncs({ atOnce: 1 }),
    count: 1000,
    rounds: 31,
    quick: 7,
  },
  {
    ...SHAPE,
    name: 'flags to a CSVLogger, 64 at once',
    entries: bothSyncs({ atOnce: 64 }),
    count: 20_480,
    rounds: 31,
    quick: 9,
  },
  {
    ...SHAPE,
    name: 'flags to a CSVLogger, 1,024 at once',
    entries: bothSyncs({ atOnce: 1024 }),
    count: 40_960,
    rounds: 31,
    quick: 7,
  },
  {
    ...SHAPE,
    name: 'flags to a log that has rows already, 64 at once',
    entries: SYNCS.flatMap((fsync) =>
      [0, 1000, 100_000, 1_000_000].map((rows): Entry => ({
        name: `${rows.toLocaleString('en')} rows, fsync '${fsync}'`,
        settings: { fsync, atOnce: 64, rows },
        against: `0 rows, fsync '${fsync}'`,
        point: { line: `fsync '${fsync}'`, x: rows },
        onlyWhole: fsync === 'batch',
      })),
    ),
    count: 20_480,
    rounds: 31,
    quick: 7,
  },
  {
    ...SHAPE,
    name: 'flags by several processes into one directory, 64 at once each',
    module: 'writers.ts',
    entries: SYNCS.flatMap((fsync) =>
      [1, 2, 4].map((processes): Entry => ({
        name: `${processes === 1 ? 'one process' : `${processes} processes`}, fsync '${fsync}'`,
        settings: { fsync, atOnce: 64, processes },
        against: `one process, fsync '${fsync}'`,
        point: { line: `fsync '${fsync}'`, x: processes },
        onlyWhole: fsync === 'batch',
      })),
    ),
    count: 20_480,
    rounds: 21,
    quick: 5,
  },
  {
    name: 'reading a log of 1,000,000 rows',
    unit: 'row',
    module: 'reading.ts',
    entries: [
      ['readSamples, typed', 'readSamples'],
      ['readSamples again', 'readSamples'],
      ['csv-parse with columns', 'csv-parse'],
      ['papaparse with a header', 'papaparse'],
    ].map(([name = '', reader = '']) => ({ name, settings: { reader, rows: 1_000_000 } })),
    measures: [TIME, CPU, PEAK],
    count: 1_000_000,
    rounds: 7,
    warmUp: 1,
    quick: 0,
  },
]

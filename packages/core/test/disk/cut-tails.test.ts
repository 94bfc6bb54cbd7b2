import { afterAll, describe, expect, it } from 'vitest'
import { PNG, fileOf } from '../csv-logger-support.ts'
import { stopClock } from './clock.ts'
import { seeded } from './crash-states.ts'
import type { DiskImage } from './disk-image.ts'
import { isCampaign, tell } from './effort.ts'
import { ModelDisk } from './model-disk.ts'
import { logsOf } from './files-of.ts'
import { checkRecovery } from './promises.ts'
import { DIR, Run, WIDE } from './samples.ts'

const LOG = `${DIR}/logs.csv`
const LF = 10
const QUOTE = 0x22
const random = seeded(7)
const totals = { tails: 0 }

stopClock()
afterAll(() => tell(`Tails: ${totals.tails} runs with a log that was cut or overwritten`))

/** What becomes of a log from a byte on. */
const TAILS: readonly [name: string, tail: (length: number) => Buffer, step: number][] = [
  ['cut off', () => Buffer.alloc(0), 1],
  ['zeros', (length) => Buffer.alloc(length), isCampaign ? 1 : 3],
  ['pages of zeros', () => Buffer.alloc(8192), isCampaign ? 1 : 7],
  ['garbage', (length) => Buffer.from(Array.from({ length }, garbage)), isCampaign ? 1 : 3],
]

/** Any byte but those that a whole line or a hole would be made of. */
function garbage(): number {
  const byte = 1 + Math.floor(random() * 255)
  return byte === LF ? QUOTE : byte
}

/** A log of rows of every kind, and where each of them ends. */
async function written(): Promise<{ run: Run; ends: [key: string, end: number][] }> {
  const run = new Run(new ModelDisk())
  await run.disk.mkdir('/data')
  const logger = run.logger()
  const ends: [string, number][] = []
  const rows = {
    plain: ['1.5', -1.5, null],
    quoted: ['say "hi",\nquoted,decoy,1,\nx', { k: [-0, '"\n'] }, null],
    emoji: ['\u{1f600} = é', '=1', fileOf(PNG)],
    spilled: ['x'.repeat(100_001), '', [fileOf(PNG), fileOf('x')]],
    last: ['"', '\n', fileOf(PNG)],
  } as const
  for (const [key, [note, data, files]] of Object.entries(rows)) {
    const image = Array.isArray(files)
      ? [...(files as readonly ReturnType<typeof fileOf>[])]
      : files
    expect(await run.flag(logger, WIDE, key, note, data, image as never)).toBe(ends.length + 1)
    ends.push([key, (await run.disk.lstat(LOG)).size])
  }
  await run.close()
  return { run, ends }
}

/** The disk with other bytes in the log, at rest. */
function withLog(image: DiskImage, bytes: Buffer): DiskImage {
  const changed = image.clone()
  const disk = new ModelDisk(changed)
  const [log] = logsOf(disk).values()
  for (const inode of changed.inodes.values()) {
    changed.apply({ kind: 'sync', ino: inode.ino })
    if (inode.type === 'file' && inode.bytes === log) inode.bytes = inode.durable = bytes
  }
  return changed
}

describe('a log whose end is damaged at any byte', () => {
  it.each(TAILS)(
    '%s: keeps its whole rows, and the next one',
    { timeout: 600_000 },
    async (name, tail, step) => {
      const { run, ends } = await written()
      const bytes = logsOf(run.disk).get(LOG) ?? Buffer.alloc(0)
      const header = bytes.indexOf(LF) + 1
      expect(bytes.length).toBeGreaterThan(200)
      for (let cut = 0; cut < bytes.length; cut += step) {
        const damaged = Buffer.concat([bytes.subarray(0, cut), tail(bytes.length - cut)])
        const whole = ends.filter(([, end]) => end <= cut).map(([key]) => key)
        // A row that is not whole counts as one that was never sent.
        const sent = new Map([...run.sent].filter(([key]) => whole.includes(key)))
        const expected = { sent, acknowledged: whole, shapes: [WIDE], options: {} }
        // No cut of ours leaves garbage. A reader cannot tell it from an edit; the writer need not.
        const isReadable = name !== 'garbage'
        const recovery = await checkRecovery(
          withLog(run.disk.image, damaged),
          expected,
          `new${cut}.`,
          isReadable,
        )
        const isWhole = [0, header, ...ends.map(([, end]) => end)].includes(damaged.length)
        expect(recovery.reports.map(({ code }) => code)).toEqual(
          isWhole && cut === damaged.length ? [] : ['ERR_FLAGGING_TORN_ROW'],
        )
        totals.tails++
      }
    },
  )

  it('is tried at hundreds of them', () => expect(totals.tails).toBeGreaterThan(350))
})

import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { linesOf, temporary } from '../csv-logger-support.ts'
import { TIMEOUT, report, times } from './scale.ts'

const ROWS = times(300_000, 10_000_000)
const MIB = 1024 * 1024
const ROOT = new URL('../../../../', import.meta.url)

/** A log of short rows: 200 MB in its long form. */
function longLog(): string {
  const dir = temporary()
  const fd = openSync(join(dir, 'logs.csv'), 'w')
  writeSync(fd, 'a,b,Output\n')
  for (let from = 0; from < ROWS; from += 10_000) {
    const rows = Array.from({ length: 10_000 }, (_, at) => `${from + at},"x, y",12\n`)
    writeSync(fd, rows.join(''))
  }
  closeSync(fd)
  return dir
}

it(
  'reads any number of rows in a heap of 64 MiB, and goes to any of them',
  async () => {
    const dir = longLog()
    const child = spawn(
      process.execPath,
      [
        '--max-old-space-size=64',
        new URL('scripts/run.mjs', ROOT).pathname,
        new URL('read-log.ts', import.meta.url).pathname,
        dir,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const [line = '{}'] = await linesOf(child)
    const found = JSON.parse(line) as Record<'before' | 'peak' | 'perSecond', number>
    expect(found).toMatchObject({ rows: ROWS, wrong: 0, last: [ROWS - 3, ROWS - 2] })
    expect(found.peak - found.before).toBeLessThan(96 * MIB)
    report(
      `${ROWS} rows, ${found.perSecond} a second, ${Math.round(found.before / MIB)} MiB before, ` +
        `${Math.round(found.peak / MIB)} MiB at most`,
    )
  },
  TIMEOUT,
)

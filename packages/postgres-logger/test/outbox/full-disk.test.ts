import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../samples/store.ts'

const PROGRAM = new URL('full-disk-process.ts', import.meta.url).pathname

/** What becomes of flags where no file may be longer than some blocks of at most a KiB. */
function flagsWithin(blocks: number): unknown {
  const dir = join(temporaryFolder(), '.outbox')
  const script = `ulimit -f ${blocks}; exec "$@"`
  const run = [process.execPath, ...process.execArgv, PROGRAM, dir]
  const { stdout } = spawnSync('sh', ['-c', script, 'sh', ...run], { encoding: 'utf8' })
  return JSON.parse(stdout)
}

describe.runIf(existsSync('/proc/self/fd'))('On a full disk, flags are refused and leave', () => {
  const refused = { codes: ['ERR_FLAGGING_STORE'], opened: 0, left: 0 }

  test('no folders of the process behind, and no open files', () => {
    expect(flagsWithin(0)).toEqual({ ...refused, during: 0 })
  })

  test('no segments behind, and no open files', () => {
    expect(flagsWithin(1)).toEqual({ ...refused, during: 2 })
  })
})

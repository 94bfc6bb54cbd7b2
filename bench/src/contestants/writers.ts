import { strict as assert } from 'node:assert'
import { type ChildProcess, fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answerOf } from '../measure/answer-of.ts'
import type { Contestant, Settings } from '../measure/contestant.ts'

/**
 * Several `processes` that flag into one directory, each with so many flags `atOnce`. In the end the
 * log must hold every row that was acknowledged, once, and nothing else.
 */
export async function make(settings: Settings, dir: string): Promise<Contestant> {
  const place = join(dir, 'flagged')
  const path = fileURLToPath(new URL('writer-process.ts', import.meta.url))
  const writers = Array.from({ length: Number(settings.processes) }, (_, nth) =>
    fork(path, [String(nth), place, String(settings.fsync), String(settings.atOnce)]),
  )
  await Promise.all(writers.map((writer) => answerOf(writer, 'a writer')))
  let acknowledged = 0
  return {
    async round(count) {
      // Theirs, since the CPU time of this process is not that of the writers.
      const used = await Promise.all(writers.map((writer) => flag(writer, count / writers.length)))
      acknowledged += count
      return { cpu: used.reduce((sum, cpu) => sum + cpu, 0) / count }
    },
    async close() {
      for (const writer of writers) writer.disconnect()
      await check(place, acknowledged)
    },
  }
}

async function flag(writer: ChildProcess, count: number): Promise<number> {
  writer.send(count)
  return (await answerOf(writer, 'a writer')) as number
}

async function check(place: string, acknowledged: number): Promise<void> {
  const lines = (await readFile(join(place, 'logs.csv'), 'utf8')).split('\n')
  assert.deepEqual([lines.shift(), lines.pop()], ['writer,nth,text', ''])
  assert.equal(new Set(lines).size, acknowledged)
  assert.equal(lines.length, acknowledged)
  for (const line of lines) assert.match(line, /^\d+,\d+,some words to fill the row$/)
}

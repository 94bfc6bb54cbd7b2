import { strict as assert } from 'node:assert'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { number, readSamples, text } from '@flagging/core'
import { parse as csvParse } from 'csv-parse'
import Papa from 'papaparse'
import type { Contestant, Settings } from '../measure/contestant.ts'
import { peakMemory } from '../measure/peak-memory.ts'
import { fillLog } from './fill-log.ts'

const COLUMNS = [number('num1'), text('prompt'), number('score'), text('Output')]

/** Reads all rows of a directory; gives how many there are. */
const READERS: Readonly<Record<string, (dir: string) => Promise<number>>> = {
  async readSamples(dir) {
    let rows = 0
    for await (const { inputs, outputs } of readSamples(dir)) if (inputs && outputs) rows++
    return rows
  },
  async 'csv-parse'(dir) {
    let rows = 0
    const parser = createReadStream(join(dir, 'logs.csv')).pipe(csvParse({ columns: true }))
    for await (const row of parser) if (row) rows++
    return rows
  },
  papaparse(dir) {
    let rows = 0
    return new Promise((resolve, reject) => {
      Papa.parse(createReadStream(join(dir, 'logs.csv'), 'utf8'), {
        header: true,
        skipEmptyLines: true,
        step: () => void rows++,
        complete: () => resolve(rows),
        error: reject,
      })
    })
  },
}

/** Reads a log of so many `rows` with a `reader`. */
export async function make({ reader, rows }: Settings, dir: string): Promise<Contestant> {
  const place = join(dir, 'flagged')
  const first = [0, 'a prompt, number 0', 0.5, 'an answer of several words']
  const line = (nth: number): string =>
    `${nth},"a prompt, number ${nth}",0.${nth % 97},an answer of several words`
  await fillLog(place, COLUMNS, first, Number(rows), line)
  return {
    async round(count) {
      assert.equal(await READERS[String(reader)]?.(place), count)
      return { peak: peakMemory() / 1024 }
    },
    async close() {
      // Nothing is left open.
    },
  }
}

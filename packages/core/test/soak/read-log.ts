import { loadExamples, readSamples } from '@flagging/core'
import { peakMemory } from '../../../../bench/src/measure/peak-memory.ts'

// Reads all samples of a directory in a process of its own, and tells what that took.
const dir = process.argv[2] ?? ''
const started = performance.now()
const before = peakMemory()
let rows = 0
let wrong = 0
for await (const { n, inputs } of readSamples(dir)) {
  if (n !== rows || inputs['a'] !== rows) wrong++
  rows++
}
const perSecond = Math.round((rows / (performance.now() - started)) * 1000)
const last = await loadExamples(dir, { offset: rows - 3, limit: 2 })
const peak = peakMemory()
const found = { rows, wrong, perSecond, before, peak, last: last.map(({ inputs }) => inputs['a']) }
process.stdout.write(`${JSON.stringify(found)}\n`)

import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { formatRecords } from './csv.ts'

const SLICE_LENGTH = 64 * 1024
const MAX_TURN_MS = 5

type Cells = readonly string[]

/**
 * The CSV text of records as bytes, made a little at a time: large cells take long, and the host has
 * its turns in between.
 */
export async function formatInTurns(records: readonly Cells[]): Promise<Uint8Array> {
  const parts: Buffer[] = []
  let started = performance.now()
  for (const text of slices(records)) {
    parts.push(Buffer.from(text))
    if (performance.now() - started < MAX_TURN_MS) continue
    await nextTurn()
    started = performance.now()
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
}

function* slices(records: readonly Cells[]): Generator<string, void, undefined> {
  let group: Cells[] = []
  let length = 0
  for (const record of records) {
    const size = record.reduce((sum, cell) => sum + cell.length, 0)
    length += size
    if (size <= SLICE_LENGTH) group.push(record)
    if (length <= SLICE_LENGTH) continue
    yield formatRecords(group)
    if (size > SLICE_LENGTH) yield* cellByCell(record)
    group = []
    length = 0
  }
  yield formatRecords(group)
}

// So many large cells at once would take a turn far too long.
function* cellByCell(record: Cells): Generator<string, void, undefined> {
  for (const [index, cell] of record.entries()) {
    const text = cell === '' ? '' : formatRecords([[cell]]).slice(0, -1)
    yield index === 0 ? text : `,${text}`
  }
  yield '\n'
}

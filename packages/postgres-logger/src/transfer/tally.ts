import type { TransferCounts, TransferProblem, TransferReport } from '@flagging/core/store'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Counts what is moved, and keeps what was wrong. */
export class Tally {
  readonly #limit: number
  readonly #counts = new Map<string, Writable<TransferCounts>>()
  readonly #problems: TransferProblem[] = []
  readonly #notes = new Set<string>()

  /** @param limit how many problems of each dataset are kept */
  constructor(limit: number = Number.POSITIVE_INFINITY) {
    this.#limit = limit
  }

  /** Counts a sample that was stored. */
  stored(folder: string, files: readonly { readonly size: number }[]): void {
    const counts = this.#of(folder)
    counts.samples++
    counts.files += files.length
    for (const { size } of files) counts.bytes += size
  }

  /** Takes note of what was wrong. */
  problem(code: TransferProblem['code'], folder: string, message: string): void {
    const counts = this.#of(folder)
    counts.problems++
    if (counts.problems > this.#limit) return
    this.#problems.push({ code, dataset: nameOf(folder), message })
  }

  /** Takes note of what is worth knowing, once. */
  note(message: string): void {
    this.#notes.add(message)
  }

  /** All of it. */
  report(
    place: Pick<TransferReport, 'dir' | 'database' | 'schema'>,
    before: number,
  ): TransferReport {
    const all = [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const totals = { datasets: all.length, samples: 0, files: 0, bytes: 0, problems: 0 }
    for (const [, counts] of all) {
      for (const name of ['samples', 'files', 'bytes', 'problems'] as const) {
        totals[name] += counts[name]
      }
    }
    const datasets = all.map(([folder, counts]) => ({ dataset: nameOf(folder), ...counts }))
    const ok = totals.problems === 0
    const notes = [...this.#notes]
    return { ...place, ok, totals, datasets, before, problems: this.#problems, notes }
  }

  #of(folder: string): Writable<TransferCounts> {
    let counts = this.#counts.get(folder)
    if (counts === undefined) {
      counts = { samples: 0, files: 0, bytes: 0, problems: 0 }
      this.#counts.set(folder, counts)
    }
    return counts
  }
}

function nameOf(folder: string): string {
  return folder === '' ? '.' : folder
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Component } from '../../src/components.ts'
import { LogDesk } from '../../src/review/log-desk.ts'
import type { ReviewCounts } from '../../src/review/review-counts.ts'
import {
  type PageQuery,
  type ReviewFilter,
  parsePageQuery,
} from '../../src/review/review-filter.ts'
import type { ReviewSample } from '../../src/review/review-sample.ts'
import type { ReviewPage } from '../../src/review/review-store.ts'
import type { FlagValue } from '../../src/sample/flag-value.ts'
import { CSVLogger } from '../../src/store/csv-logger.ts'
import { nodeFileSystem } from '../../src/store/node-file-system.ts'
import { DETAIL_COLUMNS } from '../../src/log-columns.ts'

/** Text in, anything out. */
export const COMPONENTS: readonly Component[] = [
  { label: 'prompt', type: 'text', role: 'input' },
  { label: 'Output', type: 'any', role: 'output' },
]

/** What a test says of one sample; the rest is made up. */
export interface Given {
  readonly prompt?: FlagValue
  readonly output?: FlagValue
  readonly id?: string
  readonly option?: string
  readonly user?: string | null
  readonly at?: string
  readonly duration?: number
}

/** A folder of the test's own. */
export async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-review-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Stores samples as a flagging does, with every column that can be asked for. */
export async function store(dir: string, given: readonly Given[]): Promise<void> {
  const logger = new CSVLogger({ columns: [...DETAIL_COLUMNS], fsync: 'none' })
  await logger.setup(COMPONENTS, dir)
  await Promise.all(
    given.map((one) =>
      logger.flag([one.prompt ?? 'p', one.output ?? null], one.option ?? 'good', one.user ?? null, {
        components: COMPONENTS,
        dir,
        id: one.id ?? 'i',
        endpoint: 'ask',
        method: 'POST',
        status: 200,
        startedAt: new Date(one.at ?? '2026-01-01T00:00:00Z'),
        duration: one.duration ?? 1,
        ended: 'complete',
        truncated: false,
      } as Parameters<CSVLogger['flag']>[3]),
    ),
  )
  await logger.close()
}

/** Whoever looks at a flagged directory, in this thread. */
export function deskAt(dir: string): LogDesk {
  const asked = { inputs: undefined, outputs: undefined }
  return new LogDesk({ fs: nodeFileSystem, dir, asked })
}

/** What the parameters of an address ask for. */
export function asking(query: string): PageQuery {
  return parsePageQuery(new URLSearchParams(query))
}

/** A whole list, page by page. */
export async function walk(desk: LogDesk, query = ''): Promise<ReviewSample[]> {
  const samples: ReviewSample[] = []
  for await (const page of pages(desk, query)) samples.push(...page.samples)
  return samples
}

/** The pages of a list. */
export async function* pages(desk: LogDesk, query = ''): AsyncGenerator<ReviewPage> {
  const asked = asking(query)
  let cursor: string | null | undefined
  do {
    const page = await desk.page(cursor === undefined ? asked : { ...asked, cursor: cursor ?? '' })
    yield page
    cursor = page.next
  } while (cursor !== null)
}

/** The counts of a selection, however often it must be asked. */
export async function counted(desk: LogDesk, filter: ReviewFilter = {}): Promise<ReviewCounts> {
  for (;;) {
    const counts = await desk.counts(filter)
    if (counts.done) return counts
  }
}

/** The ids of samples. */
export function idsOf(samples: readonly ReviewSample[]): unknown[] {
  return samples.map(({ id }) => id)
}

/** `first` to `last`, as ids. */
export function ids(first: number, last: number): string[] {
  const step = first <= last ? 1 : -1
  const length = Math.abs(last - first) + 1
  return Array.from({ length }, (_, index) => `i${first + step * index}`)
}

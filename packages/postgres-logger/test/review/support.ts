import { randomUUID } from 'node:crypto'
import type { Component, FlagValue } from '@flagging/core'
import type {
  PageQuery,
  ReviewCounts,
  ReviewFilter,
  ReviewPage,
  ReviewSample,
  ReviewStore,
} from '@flagging/core/store'
import { parsePageQuery } from '../../../core/src/review/review-filter.ts'
import { PostgresReview } from '../../src/review/postgres-review.ts'
import { removeSamples } from '../../src/samples/sample-removal.ts'
import type { SampleRecord } from '../../src/samples/sample-record.ts'
import { type TestStore, record, testStore } from '../samples/store.ts'

/** Text in, anything out. */
const COMPONENTS: readonly Component[] = [
  { label: 'prompt', type: 'text', role: 'input' },
  { label: 'Output', type: 'any', role: 'output' },
]

/** What a test says of one sample; the rest is made up. */
export interface Given {
  readonly prompt?: FlagValue
  readonly output?: FlagValue
  readonly id?: string
  readonly folder?: string
  readonly option?: string | null
  readonly user?: string | null
  readonly at?: string
  readonly duration?: number | null
  readonly comment?: string
}

/** A database with samples, and whoever reviews them. */
export interface ReviewedStore extends TestStore {
  readonly review: ReviewStore
  /** Another instance, which knows nothing of what the first has counted. */
  another(): ReviewStore
  store(given: readonly Given[]): Promise<void>
}

/** Makes a database of the test's own. */
export async function reviewedStore(): Promise<ReviewedStore> {
  const made = await testStore()
  const { database, files, errors } = made
  const writer = made.writer()
  const another = () =>
    new PostgresReview(database, {
      files,
      presign: false,
      remove: (folder, rows) =>
        removeSamples(database, files, folder, { rows }, (error) => errors.push(error)),
    })
  return {
    ...made,
    review: another(),
    another,
    async store(given) {
      const records = given.map(recordOf)
      for (let at = 0; at < records.length; at += 500) {
        await writer.write(records.slice(at, at + 500))
      }
    },
  }
}

function recordOf(given: Given): SampleRecord {
  return record(
    {
      id: randomUUID(),
      folder: given.folder ?? '',
      components: COMPONENTS,
      at: new Date(given.at ?? '2026-01-01T00:00:00Z'),
      option: given.option === undefined ? 'good' : given.option,
      username: given.user ?? null,
      interaction: given.id ?? 'i',
      duration: given.duration === undefined ? 1 : given.duration,
      comment: given.comment ?? null,
    },
    [given.prompt ?? 'p', given.output ?? null],
  )
}

/** What the parameters of an address ask for. */
export function asking(query: string): PageQuery {
  return parsePageQuery(new URLSearchParams(query))
}

/** A whole list, page by page. */
export async function walk(review: ReviewStore, query = ''): Promise<ReviewSample[]> {
  const samples: ReviewSample[] = []
  for await (const page of pages(review, query)) samples.push(...page.samples)
  return samples
}

/** The pages of a list. */
export async function* pages(review: ReviewStore, query = ''): AsyncGenerator<ReviewPage> {
  const asked = asking(query)
  let cursor: string | null | undefined
  do {
    const page = await review.page(
      cursor === undefined ? asked : { ...asked, cursor: cursor ?? '' },
    )
    yield page
    cursor = page.next
  } while (cursor !== null)
}

/** The counts of a selection, however often it must be asked. */
export async function counted(
  review: ReviewStore,
  filter: ReviewFilter = {},
): Promise<ReviewCounts> {
  for (;;) {
    const counts = await review.counts(filter)
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

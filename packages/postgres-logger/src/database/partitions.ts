import { setTimeout } from 'node:timers'
import { FlaggingError } from '@flagging/core'
import type { Database, Query } from './database.ts'
import { type Partitions, hasTable, lock } from './migrations.ts'
import { quoted } from './names.ts'

/** Samples that are older, or from too far ahead, are too few for partitions of their own. */
const FIRST = Date.UTC(2000, 0)
const DAY_MS = 86_400_000
const AHEAD_MS = 400 * DAY_MS
/** Readers of the partition behind all others may be in the way: nobody waits for them for long. */
const LOCK_MS = 2000
/** How long a partition that could not be made is left alone. */
const AGAIN_MS = 60_000
/** So many rows of a span are moved out of the default partition while others wait. */
const FEW = 10_000
/** How long before a partition begins it is made. */
const EARLY_MS: Readonly<Record<Partitions, number>> = { month: 7 * DAY_MS, day: 2 * DAY_MS }

/** A span of time with a table of its own. */
interface Span {
  readonly name: string
  readonly from: Date
  readonly to: Date
}

/** Makes the partitions of the samples when they are needed. */
export class SamplePartitions {
  readonly #database: Database
  readonly #onError: (error: unknown) => void
  readonly #known = new Map<string, Promise<void>>()
  #hasReported = false

  constructor(database: Database, onError: (error: unknown) => void) {
    this.#database = database
    this.#onError = onError
  }

  /**
   * Sees to it that samples of these times find partitions. Where one cannot be made, the default
   * partition takes them, and `onError` is told once.
   */
  async prepare(times: Iterable<Date>, partitions: Partitions): Promise<void> {
    const spans = new Map<string, Span>()
    const now = Date.now()
    for (const time of times) {
      if (time.getTime() < FIRST || time.getTime() > now + AHEAD_MS) continue
      const span = spanOf(time, partitions)
      spans.set(span.name, span)
    }
    const next = spanOf(new Date(now + EARLY_MS[partitions]), partitions)
    // Made in good time, so that no sample has to wait for it.
    if (!spans.has(next.name)) void this.#ensure(next).catch(() => undefined)
    await Promise.all([...spans.values()].map((span) => this.#ensure(span)))
  }

  /** Resolves once the table is there, or cannot be made; rejects where that is not known. */
  #ensure(span: Span): Promise<void> {
    let made = this.#known.get(span.name)
    if (made === undefined) {
      made = this.#make(span)
      this.#known.set(span.name, made)
      made.catch(() => this.#known.delete(span.name))
    }
    return made
  }

  /** What is not there now may be made later. */
  #forget({ name }: Span): void {
    setTimeout(() => this.#known.delete(name), AGAIN_MS).unref()
  }

  async #make(span: Span): Promise<void> {
    const database = this.#database
    if (await hasTable((text, values) => database.query(text, values), database, span.name)) return
    try {
      await database.transaction(async (query) => {
        await lock(query, database, 'partitions')
        await query(`set local lock_timeout = ${LOCK_MS}`)
        if (await hasTable(query, database, span.name)) return
        await createPartition(query, database.schema, span)
      })
    } catch (error) {
      if (!isOfTheTable(error)) throw error
      this.#forget(span)
      this.#report(span, error)
    }
  }

  #report({ name }: Span, cause: unknown): void {
    if (this.#hasReported) return
    this.#hasReported = true
    const why = cause instanceof Error ? cause.message : ''
    this.#onError(
      new FlaggingError(
        'ERR_FLAGGING_STORE',
        `The partition ${name} could not be made (${why}): samples_default takes its samples. Let ` +
          'the role of this connection own the tables, or make partitions ahead of time.',
        { cause },
      ),
    )
  }
}

/** Readers of the whole table are not in the way: it is attached, which makes nobody wait. */
async function createPartition(query: Query, schema: string, span: Span): Promise<void> {
  const table = `${schema}.${quoted(span.name)}`
  await query(`create table ${table} (like ${schema}.samples including all)`)
  await moveFew(query, schema, table, span)
  await query(
    `alter table ${schema}.samples attach partition ${table}
      for values from ('${span.from.toISOString()}') to ('${span.to.toISOString()}')`,
  )
}

/** A few samples may have come in while the partition could not be made. */
async function moveFew(query: Query, schema: string, table: string, span: Span): Promise<void> {
  const inSpan = `at >= '${span.from.toISOString()}' and at < '${span.to.toISOString()}'`
  const rest = `${schema}.samples_default`
  const [few] = await query<{ count: number }>(
    `select count(*) as count from (select from ${rest} where ${inSpan} limit ${FEW + 1}) as few`,
  )
  if (few === undefined || few.count === 0 || few.count > FEW) return
  await query(`lock table ${rest} in access exclusive mode`)
  // Nobody is told of it: they are where they were.
  await query("select set_config('flagging.moves', 'on', true)")
  await query(
    `with moved as (delete from ${rest} where ${inSpan} returning *)
      insert into ${table} select * from moved`,
  )
}

/** SQLSTATE: no right, a lock that somebody keeps, rows of this span in the default partition. */
const OF_THE_TABLE: ReadonlySet<unknown> = new Set(['42501', '55P03', '23514'])

function isOfTheTable(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } }
  return OF_THE_TABLE.has(cause?.code)
}

function spanOf(time: Date, partitions: Partitions): Span {
  const [year, month, day] = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()]
  const isMonth = partitions === 'month'
  const from = new Date(Date.UTC(year, month, isMonth ? 1 : day))
  const to = new Date(isMonth ? Date.UTC(year, month + 1) : Date.UTC(year, month, day + 1))
  const stamp = from
    .toISOString()
    .slice(0, isMonth ? 7 : 10)
    .replaceAll('-', '_')
  return { name: `samples_${stamp}`, from, to }
}

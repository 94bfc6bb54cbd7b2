import { FlaggingError } from '@flagging/core'
import type { ExportOptions } from '@flagging/core/store'

/** Which samples are exported; as it stands in a checkpoint. */
export interface ExportFilter {
  /** The folder of an endpoint, empty for none; `null`: all. */
  readonly folder: string | null
  /** ISO 8601. */
  readonly since: string | null
  readonly until: string | null
}

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

/**
 * What was asked for.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for a time that is none
 */
export function exportFilter({ dataset, since, until }: ExportOptions): ExportFilter {
  return {
    folder: dataset === '.' ? '' : (dataset ?? null),
    since: timeOf('since', since),
    until: timeOf('until', until),
  }
}

/** Whether two filters ask for the same. */
export function isSameFilter(a: ExportFilter, b: ExportFilter): boolean {
  return a.folder === b.folder && a.since === b.since && a.until === b.until
}

/** The part of a query that says which samples, and its values. */
export function samplesWhere(
  { folder, since, until }: ExportFilter,
  schema: string,
  from: number,
  to: number,
): { readonly where: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [from, to]
  const value = (one: unknown): string => `$${values.push(one)}`
  const where = ['seq > $1::bigint', 'seq <= $2::bigint']
  if (folder !== null) {
    where.push(`dataset = (select id from ${schema}.datasets where folder = ${value(folder)})`)
  }
  if (since !== null) where.push(`at >= ${value(since)}`)
  if (until !== null) where.push(`at < ${value(until)}`)
  return { where: where.join(' and '), values }
}

function timeOf(name: string, given: string | undefined): string | null {
  if (given === undefined) return null
  const time = TIME.test(given) ? new Date(given) : undefined
  if (time !== undefined && !Number.isNaN(time.getTime())) return time.toISOString()
  throw new FlaggingError(
    'ERR_FLAGGING_OPTION',
    `--${name} takes a day or a time in ISO 8601, such as 2026-05-01 (in UTC) or 2026-05-01T08:00+02:00`,
  )
}

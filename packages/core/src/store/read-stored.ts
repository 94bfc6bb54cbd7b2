import { resolve } from 'node:path'
import { stringifyJSON } from '../capture/stringify-json.ts'
import type { Component } from '../components.ts'
import type { FlagValue, FlaggedFile, JSONValue } from '../sample/flag-value.ts'
import { isFlaggedFile, isFlaggedFileList } from '../sample/flag-value.ts'
import { badRow, isBadRow } from './bad-row.ts'
import type { SourceFile } from './byte-source.ts'
import { type FoundDataset, findDatasets } from './find-logs.ts'
import type { LogColumn } from './log-column.ts'
import type { LogDraft } from './log-draft.ts'
import { UNFINISHED } from './log-entry.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { LogOpener, type OpenLog } from './open-log.ts'
import { placed } from './row-draft.ts'
import { rowDrafts } from './row-drafts.ts'
import type { StoredOptions, StoredSample } from './stored-sample.ts'

const NONE = { inputs: undefined, outputs: undefined }
/** Where a value lies that was too large for its cell: files of samples have other names. */
const SPILLED = /\/\d+\.(txt|json)$/

/** A log that is read. */
interface Reading {
  readonly dataset: FoundDataset
  readonly log: string
  readonly open: OpenLog
  readonly components: readonly Component[]
}

/** A value, and its exact JSON text where JavaScript cannot hold it. */
interface Exact {
  readonly value: FlagValue
  readonly json: string | undefined
  readonly missing: boolean
}

/**
 * The samples of a flagged directory in the order of its logs, each exactly as it was stored, and where
 * it stands. A row that is still being written is left for another time.
 * @throws FlaggingError as `readSamples` does
 */
export async function* readStored(
  dir: string,
  { from, onBad = () => undefined }: StoredOptions = {},
): AsyncGenerator<StoredSample, void, undefined> {
  const settings = { asked: NONE, onBad, spills: false, endsAtHole: true }
  for (const dataset of await findDatasets(nodeFileSystem, resolve(dir))) {
    const opener = await LogOpener.of(nodeFileSystem, dataset, settings)
    for (const log of dataset.logs) {
      const open = await opener.open(log)
      if (open === undefined) continue
      const name = dataset.endpoint === null ? log.name : `${dataset.endpoint}/${log.name}`
      const start = Math.max(open.from, from?.get(name) ?? 0)
      const components = open.plan.columns.filter(isValue).map(componentOf)
      try {
        yield* samplesOf({ dataset, log: log.name, open, components }, start, onBad)
      } finally {
        await open.file.close()
      }
    }
  }
}

async function* samplesOf(
  reading: Reading,
  start: number,
  onBad: NonNullable<StoredOptions['onBad']>,
): AsyncGenerator<StoredSample, void, undefined> {
  const { bytes, plan, form } = reading.open
  for await (const drafts of rowDrafts(bytes, plan, form, start, { next: 0 })) {
    for (let draft = drafts.next(); draft !== undefined; draft = drafts.next()) {
      if (draft.problem === UNFINISHED) return
      const { place } = draft
      // Before anything is waited for: a draft is good until the next one is taken.
      const cells = plan.columns.map((_, index) => draft?.cell(index) ?? '')
      try {
        if (draft.problem !== undefined) throw badRow(draft.problem)
        yield await storedSample(reading, place, cells)
      } catch (error) {
        if (!isBadRow(error)) throw error
        onBad(placed(error, plan, 0, place) as typeof error)
      }
    }
  }
}

async function storedSample(
  { dataset, log, open: { plan }, components }: Reading,
  { start, end }: LogDraft['place'],
  cells: readonly string[],
): Promise<StoredSample> {
  const { columns, form } = plan
  const exact = await Promise.all(columns.map((column, at) => exactly(column, cells[at] ?? '')))
  const all = exact.map(({ value }) => value)
  const { option, username, endpoint, details } = form.make(0, all)
  for (const [at, { missing }] of exact.entries()) {
    if (missing) (details.missing as string[]).push(columns[at]?.label ?? '')
  }
  const own = exact.filter((_, at) => isValue(columns[at]))
  const correction = columns.findIndex(
    ({ part, label }) => part === 'details' && label === 'correction',
  )
  return {
    dataset: dataset.endpoint,
    log,
    start,
    end,
    components,
    values: own.map(({ value }) => value),
    json: own.some(({ json }) => json !== undefined) ? own.map(({ json }) => json) : undefined,
    option,
    username,
    endpoint,
    details,
    correctionJSON: exact[correction]?.json,
    cells,
  }
}

async function exactly({ read, mode }: LogColumn, cell: string): Promise<Exact> {
  const given = read(cell)
  const found = given instanceof Promise ? await given : { value: given, missing: false }
  const { value, missing } = found
  if (isFlaggedFile(value)) {
    const spilled = await spilledValue(value)
    return spilled ?? { value, json: undefined, missing }
  }
  const isJSON = mode !== 'text' && typeof value !== 'string' && !isFlaggedFileList(value)
  const json =
    isJSON && value !== null && stringifyJSON(value as JSONValue) !== cell ? cell : undefined
  return { value, json, missing }
}

async function spilledValue(file: FlaggedFile): Promise<Exact | undefined> {
  const [, ext] = SPILLED.exec((file as SourceFile).storedAs ?? '') ?? []
  if (ext === undefined) return undefined
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const text = decoder.decode(await file.bytes())
    if (ext === 'txt') return { value: text, json: undefined, missing: false }
    const value = JSON.parse(text) as JSONValue
    const isExact = typeof value === 'string' || stringifyJSON(value) === text
    return { value, json: isExact ? undefined : text, missing: false }
  } catch {
    throw badRow('a value that lies in a file cannot be read')
  }
}

function isValue(column: LogColumn | undefined): boolean {
  return column?.part === 'inputs' || column?.part === 'outputs'
}

function componentOf({ label, type, part }: LogColumn): Component {
  return { label, type: type ?? 'any', role: part === 'inputs' ? 'input' : 'output' }
}

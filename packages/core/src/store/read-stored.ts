import { resolve } from 'node:path'
import { stringifyJSON } from '../capture/stringify-json.ts'
import type { Component } from '../components.ts'
import type { JSONValue } from '../sample/flag-value.ts'
import { isFlaggedFile, isFlaggedFileList } from '../sample/flag-value.ts'
import { type Slot, flagDataOf, slotOfText } from '../sample/slot.ts'
import { FlaggingError } from '../errors.ts'
import { badRow, isBadRow } from './bad-row.ts'
import { SourceFile, pathSource } from './byte-source.ts'
import { decodeCell } from './cells.ts'
import { errnoOf } from './disk.ts'
import { type FoundDataset, type FoundLog, findDatasets } from './find-logs.ts'
import type { LogColumn } from './log-column.ts'
import type { LogDraft, Place } from './log-draft.ts'
import { UNFINISHED } from './log-entry.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { LogOpener, type OpenLog } from './open-log.ts'
import type { LogPlan } from './row-draft.ts'
import { rowDrafts } from './row-drafts.ts'
import type { StoredOptions, StoredSample } from './stored-sample.ts'

const NONE = { inputs: undefined, outputs: undefined }
/** Where a value lies that was too large for its cell: files of samples have other names. */
const SPILLED = /\/\d+\.(txt|json)$/
/** What stands before a list that would be taken for one of files. */
const MARKED_LIST = '[ "'

/** A log that is read. */
interface Reading {
  readonly dataset: FoundDataset
  readonly log: string
  readonly open: OpenLog
  readonly components: readonly Component[]
  readonly onBad: OnBad
}

type OnBad = (problem: FlaggingError) => void

/** A value with its exact JSON text, and whether a file of it is gone. */
interface Exact {
  readonly slot: Slot
  readonly missing: boolean
}

/**
 * The samples of a flagged directory in the order of its logs, each exactly as it was stored, and where
 * it stands. A row that is still being written is left for another time; a log without header is left
 * out, and told to `onBad`. Large JSON values are parsed when they are asked for: whoever has their text
 * need not.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for a directory that cannot be listed
 */
export async function* readStored(
  dir: string,
  options: StoredOptions = {},
): AsyncGenerator<StoredSample, void, undefined> {
  for (const dataset of await findDatasets(nodeFileSystem, resolve(dir))) {
    const onBad: OnBad = (problem) => options.onBad?.(problem, dataset.endpoint)
    const settings = { asked: NONE, onBad, spills: false, endsAtHole: true, needsTypes: true }
    const opener = await LogOpener.of(nodeFileSystem, dataset, settings)
    for (const log of dataset.logs) {
      const open = await openOrTell(opener, log, onBad)
      if (open === undefined) continue
      const name = dataset.endpoint === null ? log.name : `${dataset.endpoint}/${log.name}`
      const start = Math.max(open.from, options.from?.get(name) ?? 0)
      const components = open.plan.columns.filter(isValue).map(componentOf)
      try {
        yield* samplesOf({ dataset, log: log.name, open, components, onBad }, start)
      } finally {
        await open.file.close()
      }
    }
  }
}

/** A log without header says not what its columns are, and there is nobody to be asked. */
async function openOrTell(
  opener: LogOpener,
  log: FoundLog,
  onBad: OnBad,
): Promise<OpenLog | undefined> {
  try {
    return await opener.open(log)
  } catch (error) {
    if (!(error instanceof FlaggingError) || error.code !== 'ERR_FLAGGING_OPTION') throw error
    onBad(badRow(`${log.name} is left out: it has no header`))
    return undefined
  }
}

async function* samplesOf(
  reading: Reading,
  start: number,
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
        reading.onBad(placed(error, plan, place))
      }
    }
  }
}

async function storedSample(
  { dataset, log, open: { plan }, components }: Omit<Reading, 'onBad'>,
  { start, end }: LogDraft['place'],
  cells: readonly string[],
): Promise<StoredSample> {
  const { columns, form } = plan
  const exact = await Promise.all(columns.map((column, at) => exactly(column, cells[at] ?? '')))
  const own = exact.filter((_, at) => isValue(columns[at])).map(({ slot }) => slot)
  const said = columns.map((column, at) =>
    isValue(column) ? null : (exact[at]?.slot.value ?? null),
  )
  const { option, username, endpoint, details } = form.make(0, said)
  for (const [at, { missing }] of exact.entries()) {
    if (missing) (details.missing as string[]).push(columns[at]?.label ?? '')
  }
  const correction = columns.findIndex(
    ({ part, label }) => part === 'details' && label === 'correction',
  )
  return {
    dataset: dataset.endpoint,
    log,
    start,
    end,
    components,
    values: flagDataOf(own),
    json: own.some(({ json }) => json !== undefined) ? own.map(({ json }) => json) : undefined,
    option,
    username,
    endpoint,
    details,
    correctionJSON: await ownText(dataset.dir, cells[correction] ?? '', exact[correction]?.slot),
    cells,
  }
}

/** The exact JSON text of a value in one of our own columns, of which long ones lie in a file. */
async function ownText(
  dir: string,
  cell: string,
  slot: Slot | undefined,
): Promise<string | undefined> {
  const isThere = slot !== undefined && slot.value !== null
  if (!isThere || decodeCell(cell, 'any').kind !== 'file') return slot?.json
  const path = `${dir}/${cell}`
  const { size } = await nodeFileSystem.lstat(path)
  const file = new SourceFile(undefined, '', pathSource(nodeFileSystem, path, size), cell)
  return (await spilledSlot(file))?.json
}

async function exactly({ read, mode }: LogColumn, cell: string): Promise<Exact> {
  const given = read(cell)
  const found = given instanceof Promise ? await given : { value: given, missing: false }
  const { value, missing } = found
  // Only the columns of our own logs have a mode, and only they have such files.
  const isOurs = mode !== undefined && value instanceof SourceFile
  const large = isOurs ? await spilledSlot(value) : undefined
  if (large !== undefined) return { slot: large, missing }
  const isFiles = isFlaggedFile(value) || isFlaggedFileList(value)
  const isJSON = !isFiles && typeof value !== 'string' && value !== null
  // The cell of a log that is not ours need not be the text of its value.
  if (mode !== 'any' || !isJSON) return { slot: { value }, missing }
  const text = cell.startsWith(MARKED_LIST) ? `[${cell.slice(MARKED_LIST.indexOf('"'))}` : cell
  const isExact = stringifyJSON(value as JSONValue) === text
  return { slot: isExact ? { value } : { value, json: text }, missing }
}

/** The value in a file of its own; `undefined` where the file is the sample's. */
async function spilledSlot({ storedAs, source }: SourceFile): Promise<Slot | undefined> {
  const [, ext] = SPILLED.exec(storedAs ?? '') ?? []
  if (ext === undefined) return undefined
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    let text = ''
    // Chunk by chunk: others have their turn in between.
    for await (const chunk of source.chunks()) text += decoder.decode(chunk, { stream: true })
    text += decoder.decode()
    return ext === 'txt' ? { value: text } : slotOfText(text)
  } catch (error) {
    const errno = errnoOf(error)
    // What the disk refuses now it may give later, unless somebody deleted it.
    if (errno !== undefined && errno !== 'ENOENT') throw error
    throw badRow('a value that lies in a file cannot be read')
  }
}

function placed(
  { message }: FlaggingError,
  { title }: LogPlan,
  { start, end }: Place,
): FlaggingError {
  return badRow(`${title}, bytes ${start} to ${end - 1}: ${message}`)
}

function isValue(column: LogColumn | undefined): boolean {
  return column?.part === 'inputs' || column?.part === 'outputs'
}

function componentOf({ label, type, part }: LogColumn): Component {
  return { label, type: type ?? 'any', role: part === 'inputs' ? 'input' : 'output' }
}

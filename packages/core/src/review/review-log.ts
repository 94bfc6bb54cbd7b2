import { FlaggingError } from '../errors.ts'
import { unless } from '../store/disk.ts'
import type { FileSystem } from '../store/file-system.ts'
import { type FoundDataset, type FoundLog, findDatasets } from '../store/find-logs.ts'
import { UNFINISHED } from '../store/log-entry.ts'
import { LogOpener, type OpenLog } from '../store/open-log.ts'
import type { Asked } from '../store/read-options.ts'
import { blockBefore, forEachRow } from './log-block.ts'

/** Where samples are looked up. */
export interface ReviewPlace {
  readonly fs: FileSystem
  /** The flagged directory, absolute. */
  readonly dir: string
  /** The declared components: how a log without header reads. */
  readonly asked: Asked
}

/** One log of one dataset. */
export interface ReviewLog {
  readonly dataset: FoundDataset
  readonly log: FoundLog
  /** The name that it goes by in cursors: with its folder, if it is an endpoint's. */
  readonly name: string
}

const NONE: Asked = { inputs: undefined, outputs: undefined }
const TAIL = 16 * 1024

/** The logs of a selection, in the order of their names. */
export async function reviewLogs(
  { fs, dir }: ReviewPlace,
  dataset: string | undefined,
): Promise<ReviewLog[]> {
  const datasets = await findDatasets(fs, dir)
  return datasets
    .filter(({ endpoint }) => dataset === undefined || (endpoint ?? '') === dataset)
    .flatMap((found) =>
      found.logs.map((log) => {
        const { endpoint } = found
        return {
          dataset: found,
          log,
          name: endpoint === null ? log.name : `${endpoint}/${log.name}`,
        }
      }),
    )
}

/**
 * Opens a log and uses it; `undefined` where it cannot be read.
 * @param told why it cannot be, or some of it
 * @param spills whether a value that lies in a file of its own is read; else it is given as the file
 */
export async function withLog<T>(
  { fs, asked }: ReviewPlace,
  { dataset, log }: ReviewLog,
  told: (notice: string) => void,
  use: (open: OpenLog) => Promise<T>,
  spills = false,
): Promise<T | undefined> {
  const settings = {
    asked: log.kind === 'classic' ? asked : NONE,
    onBad: ({ message }: Error) => told(message),
    spills,
    // What lies behind one is shown as the damage that it is.
    endsAtHole: false,
  }
  let open: OpenLog | undefined
  try {
    const opener = await LogOpener.of(fs, dataset, settings)
    open = await opener.open(log)
  } catch (error) {
    if (!(error instanceof FlaggingError)) throw error
    told(error.message)
  }
  if (open === undefined) return undefined
  try {
    return await use(open)
  } finally {
    await open.file.close()
  }
}

/** Where the last whole row of a log ends: behind it somebody may be writing one. */
export async function endOfWhole(log: OpenLog): Promise<number> {
  const { end } = log.bytes
  if (end <= log.from) return log.from
  let whole = end
  const tail = await blockBefore(log, end, TAIL)
  await forEachRow(log, tail, ({ place, problem }) => {
    whole = problem === UNFINISHED ? place.start : place.end
  })
  return whole
}

/** When a log was written last, in milliseconds since 1970: the time of rows that name none. */
export async function writtenAt({ fs }: ReviewPlace, { dataset, log }: ReviewLog): Promise<number> {
  const stat = await unless('ENOENT', fs.stat(`${dataset.dir}/${log.name}`))
  return stat?.mtimeMs ?? 0
}

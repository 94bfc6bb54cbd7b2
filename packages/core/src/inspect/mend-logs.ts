import { randomName } from '../store/disk.ts'
import type { FoundDataset, FoundLog } from '../store/find-logs.ts'
import { LogFile } from '../store/log-file.ts'
import { QuickLooks } from '../store/quick-looks.ts'
import { scanRange } from '../store/log-scan.ts'
import { type Span, copySpans, lengthOf, quarantine, spansBetween } from '../store/quarantine.ts'
import { EMPTY_SIDECAR, type Sidecar } from '../store/sidecar.ts'
import { type Damage, type LogPlace, type LogRows, openLog } from './log-rows.ts'
import type { MendContext } from './mending.ts'

/**
 * Takes what is no row out of the logs of a dataset and keeps it in files of their own; done under
 * the dataset's lock. A log is replaced as a whole: at each moment the old one or the new one is there.
 */
export async function mendLogs(
  context: MendContext,
  dataset: FoundDataset,
  sidecar: Sidecar = EMPTY_SIDECAR,
): Promise<void> {
  const { fs } = context
  const { dir, endpoint } = dataset
  for (const log of dataset.logs) {
    if (log.kind !== 'own' || !log.isFile) continue
    const place = { fs, dir, endpoint, layout: sidecar.logs.get(log.name) }
    await setRowsAside(context, place, log)
    await setTailAside(context, place, log)
  }
}

async function setRowsAside(context: MendContext, place: LogPlace, log: FoundLog): Promise<void> {
  const rows = await openLog(place, log)
  try {
    const spans = await findSpans(rows, (damage) => {
      return damage === 'hole' || (damage === 'bad_row' && context.rows)
    })
    if (spans.length === 0) return
    const code = spans.some(({ damage }) => damage === 'bad_row') ? 'bad_row' : 'hole'
    const to = await cutOut(context, rows, spans)
    const bytes = lengthOf(spans)
    const what = `${spans.length === 1 ? '1 span' : `${spans.length} spans`} of ${bytes} bytes`
    const message = `${rows.title}: ${what} that can be read as no row moved to ${to}`
    context.done({ code, log: log.name, bytes, to, message })
  } finally {
    await rows.close()
  }
}

/**
 * The writer does it, where it takes the same for an unfinished row. It looks for the ends of rows
 * alone: where a quote before was left open, it would take the rows in between along. Then the end
 * stays as it is until the row with the quote is set aside.
 */
async function setTailAside(context: MendContext, place: LogPlace, log: FoundLog): Promise<void> {
  const rows = await openLog(place, log)
  try {
    const isUnfinishedFirst = rows.isBlank && rows.start < rows.stat.size
    const [tail] = await findSpans(rows, (damage) => damage === 'tail')
    const start = isUnfinishedFirst ? rows.start : tail?.start
    if (start === undefined) return
    const { stat, file, title } = rows
    if ((await scanRange(file, 0, stat.size)).boundary !== start) return
    const to = await catchUp(context, log.name)
    const bytes = stat.size - start
    const message = `${title}: the last ${bytes} bytes moved to ${to}`
    const code = rows.endsInHole ? 'hole' : 'torn_tail'
    context.done({ code, log: log.name, bytes, to, message })
  } finally {
    await rows.close()
  }
}

/** Lets the writer see the log; gives the name of the file in which it kept the end. */
async function catchUp({ fs, dir, folder }: MendContext, name: string): Promise<string> {
  let to = ''
  const report = ({ message }: Error): void => {
    to = /\.flagging\/\S+/.exec(message)?.[0] ?? to
  }
  const quick = new QuickLooks()
  const log = new LogFile(name, { fs, dir, folder, sync: true, quick, report })
  try {
    await log.catchUp(await fs.lstat(`${dir}/${name}`))
  } finally {
    await log.forget()
  }
  return to
}

async function findSpans(
  rows: LogRows,
  isWanted: (damage: Damage) => boolean,
): Promise<(Span & { readonly damage: Damage })[]> {
  const spans: (Span & { readonly damage: Damage })[] = []
  for await (const batch of rows.read(0)) {
    for (const { start, end, damage } of batch) {
      if (damage !== undefined && isWanted(damage)) spans.push({ start, end, damage })
    }
  }
  return spans
}

/** Gives the name of the file that holds the spans now. */
async function cutOut(
  { fs, dir, folder }: MendContext,
  { name, file, stat }: LogRows,
  spans: readonly Span[],
): Promise<string> {
  const staged = `${folder}/${randomName()}.tmp`
  await copySpans(fs, file, spansBetween(spans, stat.size), staged)
  let aside: string | undefined
  try {
    aside = await quarantine(fs, folder, file, spans)
    await fs.rename(staged, `${dir}/${name}`)
  } catch (error) {
    // All of it still stands in the log.
    await fs.unlink(staged).catch(() => undefined)
    if (aside !== undefined) await fs.unlink(`${folder}/${aside}`).catch(() => undefined)
    throw error
  }
  await fs.syncDirectory(dir)
  return `.flagging/${aside}`
}

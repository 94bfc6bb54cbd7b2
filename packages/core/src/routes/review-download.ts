import type { DownloadSample, DownloadValue } from '../archive/download-sample.ts'
import { FlaggingError } from '../errors.ts'
import type { Hall } from '../hall/hall.ts'
import { type ReviewFilter, parseFilter } from '../review/review-filter.ts'
import type { ReviewCell, ReviewSample, ReviewValue } from '../review/review-sample.ts'
import type { ReviewStore } from '../review/review-store.ts'
import { decodeKey } from '../review/sample-key.ts'
import { chosen, selected } from '../review/selection.ts'
import type { FlagValue, JSONValue } from '../sample/flag-value.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

const MOST_KEYS = 200

const TYPES = {
  'samples.csv': 'text/csv; charset=utf-8',
  'samples.jsonl': 'application/jsonl; charset=utf-8',
  'imagefolder.zip': 'application/zip',
  'audiofolder.zip': 'application/zip',
} as const

/** Columns of logs that every sample has a place for. */
const GIVEN: readonly string[] = ['flag_option', 'username', 'endpoint']

/** A file that a selection can be downloaded as. */
export type DownloadName = keyof typeof TYPES

/** `GET {path}/review/download/{name}`: the samples of a selection, or those of `key`s. */
export async function downloadReviewed(
  hall: Hall,
  { query }: RouteRequest,
  name: DownloadName,
): Promise<RouteAnswer> {
  const asked = new URLSearchParams(query)
  const filter = parseFilter(asked, ['key'])
  const keys = asked.getAll('key')
  if (keys.length > MOST_KEYS) {
    throw new FlaggingError('ERR_FLAGGING_BAD_REQUEST', `\`key\` may be given ${MOST_KEYS} times.`)
  }
  // What names nothing is told now: behind the first byte there are no refusals.
  keys.map(decodeKey)
  const samples = downloaded(hall, filter, keys)
  return {
    status: 200,
    headers: {
      'Content-Type': TYPES[name],
      'Content-Disposition': `attachment; filename="${name}"`,
    },
    body: await bodyOf(hall, filter, name, samples),
  }
}

async function bodyOf(
  hall: Hall,
  filter: ReviewFilter,
  name: DownloadName,
  samples: AsyncIterable<DownloadSample>,
): Promise<ReadableStream<Uint8Array>> {
  // Loaded where somebody downloads: nobody else needs them.
  if (name === 'samples.csv') {
    const { samplesCSV } = await import('../archive/samples-csv.ts')
    const { inputs, outputs, details } = await hall.review.store.columns(filter)
    const labels = [...new Set([...inputs, ...outputs])]
    const own = details.filter((detail) => !GIVEN.includes(detail))
    return samplesCSV(samples, { labels, details: ['endpoint', ...own] })
  }
  if (name === 'samples.jsonl') {
    const { samplesJSONL } = await import('../archive/samples-jsonl.ts')
    return samplesJSONL(samples)
  }
  const { mediaFolder } = await import('../archive/media-folder.ts')
  return mediaFolder(name === 'imagefolder.zip' ? 'image' : 'audio', samples)
}

async function* downloaded(
  hall: Hall,
  filter: ReviewFilter,
  keys: readonly string[],
): AsyncGenerator<DownloadSample> {
  const { store } = hall.review
  const samples = keys.length > 0 ? chosen(store, keys) : selected(store, filter)
  for await (const sample of samples) {
    // A row that cannot be read has no values to give.
    if (sample.error === undefined) yield downloadSample(store, sample)
  }
}

function downloadSample(store: ReviewStore, sample: ReviewSample): DownloadSample {
  const { dataset, log, option, username, inputs, outputs, review, ...others } = sample
  const { key: _key, isOwn: _isOwn, ...details } = others
  const valueOf = ({ label, value }: ReviewCell): DownloadValue => ({
    label,
    value: heldBy(store, value),
  })
  return {
    dataset,
    log,
    option,
    username,
    inputs: inputs.map(valueOf),
    outputs: outputs.map(valueOf),
    review,
    details: details as Readonly<Record<string, JSONValue>>,
  }
}

function heldBy(store: ReviewStore, value: ReviewValue): FlagValue {
  if (value.kind === 'json') return value.value
  if (value.kind !== 'files') return null
  const files = value.files.map((file) => store.open(file))
  return files.length > 1 ? files : (files[0] as FlagValue)
}

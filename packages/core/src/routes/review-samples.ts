import type { Hall } from '../hall/hall.ts'
import { parseFilter, parsePageQuery } from '../review/review-filter.ts'
import type { ReviewCell, ReviewFile, ReviewSample } from '../review/review-sample.ts'
import { isInert } from '../store/file-kind.ts'
import { json } from './answers.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

/** `GET {path}/review/about`: what there is to look at, and what this reviewer may do. */
export async function aboutReview(hall: Hall, canEdit: boolean): Promise<RouteAnswer> {
  const { options, hasOptions, comment, correction } = hall.settings
  const { datasets, notices } = await hall.review.store.about()
  return json(200, {
    options: hasOptions ? options : [],
    datasets,
    notices,
    canEdit,
    comment,
    correction,
  })
}

/** `GET {path}/review/samples`: a page of samples, or what came in since another one. */
export async function listReviewed(hall: Hall, { query }: RouteRequest): Promise<RouteAnswer> {
  const page = await hall.review.store.page(parsePageQuery(new URLSearchParams(query)))
  return json(200, { ...page, samples: page.samples.map((sample) => shown(hall, sample)) })
}

/** `GET {path}/review/samples/:key`: one sample, whole. */
export async function getReviewed(hall: Hall, key: string): Promise<RouteAnswer> {
  return json(200, { sample: shown(hall, await hall.review.store.sample(key)) })
}

/** `GET {path}/review/counts`: how many samples a selection has, and of which kinds. */
export async function countReviewed(hall: Hall, { query }: RouteRequest): Promise<RouteAnswer> {
  return json(200, await hall.review.store.counts(parseFilter(new URLSearchParams(query), [])))
}

/** A sample as the page gets it: with links in the place of files. */
function shown(hall: Hall, { isOwn, ...sample }: ReviewSample): object {
  const cells = (side: readonly ReviewCell[]) => side.map((cell) => shownCell(cell, sample.key))
  return {
    ...sample,
    canDelete: isOwn && hall.review.store.canRemove(sample.dataset),
    inputs: cells(sample.inputs),
    outputs: cells(sample.outputs),
  }
}

function shownCell({ value, ...cell }: ReviewCell, key: string): object {
  if (value.kind !== 'files') return { ...cell, value }
  const files = value.files.map((file, index) =>
    shownFile(file, `review/files/${key}/${cell.column}/${index}`),
  )
  return { ...cell, value: { kind: 'files', files } }
}

function shownFile({ name, type, size }: ReviewFile, url: string): object {
  return { url, type, size, isInert: isInert(type), ...(name === undefined ? {} : { name }) }
}

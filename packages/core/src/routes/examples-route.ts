import { FlaggingError } from '../errors.ts'
import type { Hall } from '../hall/hall.ts'
import {
  type FlagValue,
  type FlaggedFile,
  isFlaggedFile,
  isFlaggedFileList,
} from '../sample/flag-value.ts'
import type { Sample } from '../store/sample.ts'
import type { SampleSource } from '../store/sample-source.ts'
import { json } from './answers.ts'
import { fileAnswer } from './file-answer.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

const PAGE = 50
const LARGEST_PAGE = 200

/**
 * `GET {path}/examples?offset=&limit=`: the inputs of flagged samples, oldest first, with links to
 * their files. `next` is the offset of the next page, `null` on the last one.
 */
export async function listExamples(hall: Hall, request: RouteRequest): Promise<RouteAnswer> {
  const query = new URLSearchParams(request.query)
  const offset = numberOf(query, 'offset', 0, Number.MAX_SAFE_INTEGER)
  const limit = Math.max(1, numberOf(query, 'limit', PAGE, LARGEST_PAGE))
  const samples = await samplesOf(hall, offset, limit + 1)
  const page = samples.slice(0, limit)
  const labels = new Set(page.flatMap(({ inputs }) => Object.keys(inputs)))
  const components =
    hall.settings.declared?.inputs.map(({ label, type }) => ({ label, type })) ??
    [...labels].map((label) => ({ label, type: 'any' }))
  return json(200, {
    components,
    examples: page.map(({ inputs }, index) => linked(inputs, `examples/${offset + index}`)),
    next: samples.length > limit ? offset + limit : null,
  })
}

/** `GET {path}/examples/:sample/:column[/:file]`: one file of one sample, served inert. */
export async function getExampleFile(
  hall: Hall,
  request: RouteRequest,
  [sampleAt, columnAt, fileAt]: readonly [number, number, number],
): Promise<RouteAnswer> {
  const [sample] = await samplesOf(hall, sampleAt, 1)
  const value = sample && Object.values(sample.inputs)[columnAt]
  const file = isFlaggedFileList(value) ? value[fileAt] : fileAt === 0 ? value : undefined
  if (!isFlaggedFile(file)) {
    throw new FlaggingError('ERR_FLAGGING_NOT_FOUND', 'There is no such file among the examples.')
  }
  return fileAnswer(file, request)
}

async function samplesOf(hall: Hall, offset: number, limit: number): Promise<Sample[]> {
  const { examples, declared } = hall.settings
  const samples: Sample[] = []
  const options = {
    ...(declared ? { inputs: declared.inputs, outputs: declared.outputs } : {}),
    offset,
    limit,
    onBad: (error: unknown) => hall.report(error),
  }
  const found = (examples as SampleSource).readSamples(options)
  for await (const sample of found) samples.push(sample)
  return samples
}

function linked(inputs: Sample['inputs'], link: string): Record<string, unknown> {
  const linkedInputs: Record<string, unknown> = {}
  Object.entries(inputs).forEach(([label, value], column) => {
    Object.defineProperty(linkedInputs, label, {
      value: linkedValue(value, `${link}/${column}`),
      enumerable: true,
      configurable: true,
    })
  })
  return linkedInputs
}

function linkedValue(value: FlagValue, link: string): unknown {
  if (isFlaggedFile(value)) return fileLink(value, link)
  if (!isFlaggedFileList(value)) return value
  return value.map((file, index) => fileLink(file, `${link}/${index}`))
}

function fileLink({ name, type, size }: FlaggedFile, url: string): object {
  return { url, ...(name === undefined ? {} : { name }), type, size }
}

function numberOf(query: URLSearchParams, name: string, fallback: number, most: number): number {
  const given = query.get(name)
  if (given === null) return fallback
  if (!/^\d{1,15}$/.test(given)) {
    throw new FlaggingError('ERR_FLAGGING_BAD_REQUEST', `\`${name}\` must be a whole number.`)
  }
  return Math.min(Number(given), most)
}

import type { About, Counts, Mark, MarkChange, ReviewSample, SamplePage } from './contract.ts'
import { ReviewFailure } from './review-failure.ts'
import { TEXTS } from './texts.ts'

const CHANGE_MS = 30_000
/** Of a stored text, in bytes: what is shown at most. */
const TEXT_BYTES = 200_000

/** What a file of ours is called, as the server says it: the key, the column, the file. */
const FILE = /^review\/files\/[\w-]+\.[\w-]+\/\d{1,5}(?:\/\d{1,5})?$/

/** The form of a sample's key. */
export const KEY: RegExp = /^[\w-]+\.[\w-]+$/

/** What a selection can be downloaded as. */
export const DOWNLOADS = [
  'samples.csv',
  'samples.jsonl',
  'imagefolder.zip',
  'audiofolder.zip',
] as const

/** The most samples that a download may name; a filter may find more. */
export const MOST_NAMED = 200

/** The review routes of a server. Whatever is answered but what was asked for is a {@link ReviewFailure}. */
export class ReviewAPI {
  /** `{path}/review/` */
  readonly #base: URL

  /** @param base where the review routes are, with a slash at its end */
  constructor(base: URL) {
    this.#base = base
  }

  about(signal: AbortSignal): Promise<About> {
    return this.#ask<About>('about', { signal })
  }

  samples(query: URLSearchParams, signal: AbortSignal): Promise<SamplePage> {
    return this.#ask<SamplePage>(`samples?${query}`, { signal })
  }

  /** A sample with all its values whole. */
  async sample(key: string, signal: AbortSignal): Promise<ReviewSample> {
    const answer = await this.#ask<{ sample: ReviewSample }>(`samples/${key}`, { signal })
    return answer.sample
  }

  counts(query: URLSearchParams, signal: AbortSignal): Promise<Counts> {
    return this.#ask<Counts>(`counts?${query}`, { signal })
  }

  async mark(key: string, change: MarkChange): Promise<Mark | null> {
    return (await this.#change<{ review: Mark | null }>('marks', { key, ...change })).review
  }

  /** Deletes samples for good; gives how many there were. */
  async remove(keys: readonly string[]): Promise<number> {
    return (await this.#change<{ deleted: number }>('delete', { keys })).deleted
  }

  /** The address of a file of ours; `undefined` for anything else. */
  fileAddress(url: string): string | undefined {
    return FILE.test(url) ? new URL(`../${url}`, this.#base).href : undefined
  }

  /** Where a selection is downloaded from. */
  downloadAddress(file: (typeof DOWNLOADS)[number], query: URLSearchParams): string {
    return new URL(`download/${file}?${query}`, this.#base).href
  }

  /** The beginning of a stored text. */
  async text(address: string, signal: AbortSignal): Promise<string> {
    const headers = { Range: `bytes=0-${TEXT_BYTES - 1}` }
    const response = await this.#fetch(address, { headers, signal })
    if (!response.ok) throw await failed(response)
    // An answer without ranges is the whole: no more of it is shown.
    return (await response.text()).slice(0, TEXT_BYTES)
  }

  #change<Answer>(path: string, body: object): Promise<Answer> {
    return this.#ask<Answer>(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(CHANGE_MS),
    })
  }

  async #ask<Answer>(path: string, init: RequestInit): Promise<Answer> {
    const response = await this.#fetch(new URL(path, this.#base).href, init)
    if (!response.ok || !isJSON(response)) throw await failed(response)
    return (await response.json()) as Answer
  }

  #fetch(address: string, init: RequestInit): Promise<Response> {
    // Not followed: a redirect is a host that sends the visitor to its login.
    return fetch(address, { ...init, redirect: 'manual', credentials: 'same-origin' })
  }
}

function isJSON(response: Response): boolean {
  return /^application\/(?:problem\+)?json\b/.test(response.headers.get('Content-Type') ?? '')
}

async function failed(response: Response): Promise<ReviewFailure> {
  if (response.type === 'opaqueredirect') return refused(401, '', TEXTS.refused)
  const answer: unknown = isJSON(response)
    ? await response.json().catch(() => undefined)
    : undefined
  const { code = '', detail = '' } = (answer ?? {}) as { code?: string; detail?: string }
  const { status } = response
  if (status === 401 || status === 403) return refused(status, code, detail || TEXTS.refused)
  return new ReviewFailure(status, code, detail || TEXTS.unexpected(status))
}

function refused(status: number, code: string, detail: string): ReviewFailure {
  return new ReviewFailure(status, code, `${detail} ${TEXTS.signIn}`)
}

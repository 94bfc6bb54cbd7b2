import { TEXTS } from './texts.ts'

/** Why the server did not do what it was asked. */
export class ReviewFailure extends Error {
  override readonly name = 'ReviewFailure'
  /** 0 where there was no answer of ours. */
  readonly status: number
  /** The `code` of the problem; empty where there was none. */
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }

  /** Whether whoever opened the page may no longer see it: its session has ended. */
  get isRefused(): boolean {
    return this.status === 401 || this.status === 403
  }
}

/** A failure of any kind as one that can be shown. */
export function failureOf(error: unknown): ReviewFailure {
  if (error instanceof ReviewFailure) return error
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new ReviewFailure(0, '', TEXTS.tooSlow)
  }
  // What `fetch` says of a server that is not there differs between browsers.
  if (error instanceof TypeError) return new ReviewFailure(0, '', TEXTS.unreachable)
  return new ReviewFailure(0, '', String(error))
}

/** A component as `GET {path}` tells of it. */
export interface DescribedComponent {
  readonly label: string
  readonly type: string
  readonly role: 'input' | 'output'
}

/** A reason to flag: what its button says, and what the log says. */
export interface DescribedOption {
  readonly label: string
  readonly value: string | null
}

/** What `GET {path}` answers. */
export interface Description {
  readonly mode: 'manual' | 'auto' | 'never'
  /** Empty where there is nothing to press. */
  readonly options: readonly DescribedOption[]
  readonly components: readonly DescribedComponent[]
  readonly comment: boolean
  readonly correction: boolean
}

/** What `POST {path}` is sent. */
export interface Flag {
  readonly id: string
  readonly option?: string
  readonly comment?: string
  readonly correction?: unknown
}

/** Why something could not be flagged. */
export class FlagFailure extends Error {
  override readonly name = 'FlagFailure'
  /** The `code` of the problem; `unreachable` where there was no answer. */
  readonly code: string
  /** Whether the same may succeed another time. */
  readonly mayRetry: boolean

  constructor(code: string, message: string, mayRetry: boolean) {
    super(message)
    this.code = code
    this.mayRetry = mayRetry
  }
}

/** How long an answer that has not ended yet is waited for, in milliseconds. */
const LONGEST_WAIT = 5 * 60_000

/** The flag routes of a server, as far as a button needs them. */
export class FlagRoutes {
  readonly #url: string
  readonly #credentials: RequestCredentials

  /**
   * @param url of the flag routes
   * @param crossorigin as of the attribute of that name: `null` keeps to the page's own origin
   * @throws TypeError for another origin that was not asked for, and for what is not HTTP
   */
  constructor(url: URL, crossorigin: string | null) {
    if (!/^https?:$/.test(url.protocol)) throw new TypeError(`${url.protocol} is not HTTP.`)
    if (crossorigin === null && url.origin !== location.origin) {
      throw new TypeError(`${url.origin} is another origin: that takes the attribute crossorigin.`)
    }
    this.#url = url.href
    this.#credentials = crossorigin === 'use-credentials' ? 'include' : 'same-origin'
  }

  /** Asks for the mode and the options. */
  async describe(signal: AbortSignal): Promise<Description> {
    return (await this.#ask({ method: 'GET' }, signal)) as Description
  }

  /**
   * Flags an interaction; waits where its answer has not ended yet.
   * @param waits told when it does
   * @returns the number of samples of the dataset
   */
  async flag(flag: Flag, signal: AbortSignal, waits: () => void): Promise<number> {
    const request = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(flag),
    }
    const until = performance.now() + LONGEST_WAIT
    for (;;) {
      try {
        const { count } = (await this.#ask(request, signal)) as { count: number }
        return count
      } catch (error) {
        if (!(error instanceof NotEnded) || performance.now() > until) throw error
        waits()
        await delay(error.retryAfter, signal)
      }
    }
  }

  async #ask(request: RequestInit, signal: AbortSignal): Promise<unknown> {
    let response: Response
    let body: unknown
    try {
      const init = { ...request, credentials: this.#credentials, signal }
      response = await fetch(this.#url, init)
      body = await response.json().catch(() => undefined)
    } catch (error) {
      if (signal.aborted) throw error
      throw new FlagFailure('unreachable', '', true)
    }
    if (response.ok && typeof body === 'object' && body !== null) return body
    const { code = '', detail = '' } = (body ?? {}) as { code?: string; detail?: string }
    if (response.status === 409) {
      throw new NotEnded(code, detail, Number(response.headers.get('Retry-After') ?? 1))
    }
    throw new FlagFailure(code, detail, response.status >= 500 || response.status === 429)
  }
}

/** The interaction cannot be flagged yet. */
class NotEnded extends FlagFailure {
  /** Seconds until it may be tried again. */
  readonly retryAfter: number

  constructor(code: string, message: string, retryAfter: number) {
    super(code, message, true)
    this.retryAfter = retryAfter
  }
}

function delay(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const ms = Math.max(0.1, Number.isFinite(seconds) ? seconds : 1) * 1000
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
}

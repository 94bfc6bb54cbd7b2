/** Why the flag routes did not do what was asked of them. */
export class FlagFailure extends Error {
  override readonly name = 'FlagFailure'
  /** The `code` of the problem; `unreachable` where there was no answer. */
  readonly code: string
  readonly status: number
  /** Seconds until it may be tried again, where the answer says so. */
  readonly retryAfter: number | undefined

  constructor(code: string, message: string, status: number, retryAfter?: number) {
    super(message)
    this.code = code
    this.status = status
    this.retryAfter = retryAfter
  }

  /** Whether the same may succeed another time. */
  get mayRetry(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

/** The flag routes of a server, as scripts on a page ask them. */
export class HTTPRoutes {
  /** Without a slash at its end. */
  readonly url: string
  readonly #credentials: RequestCredentials

  /**
   * @param path of the flag routes, absolute or relative to the page
   * @param crossorigin as of the attribute of that name: `null` keeps to the page's own origin
   * @throws TypeError for another origin that was not asked for, and for what is not HTTP
   */
  constructor(path: string, crossorigin: string | null) {
    const url = new URL(path, document.baseURI)
    if (!/^https?:$/.test(url.protocol)) throw new TypeError(`${url.protocol} is not HTTP.`)
    if (crossorigin === null && url.origin !== location.origin) {
      throw new TypeError(`${url.origin} is another origin: that takes the attribute crossorigin.`)
    }
    this.url = url.href.replace(/\/$/, '')
    this.#credentials = crossorigin === 'use-credentials' ? 'include' : 'same-origin'
  }

  /**
   * Asks for JSON.
   * @param path below that of the routes
   * @param method by default `POST` with a body, and `GET` without
   * @throws FlagFailure for whatever is answered instead; the signal's reason where it is aborted
   */
  async ask(path: string, signal: AbortSignal, body?: unknown, method = 'GET'): Promise<object> {
    const sent: RequestInit =
      body === undefined
        ? { method }
        : {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify(body),
          }
    let response: Response
    let answer: unknown
    try {
      response = await fetch(this.url + path, { ...sent, credentials: this.#credentials, signal })
      answer = await response.json().catch(() => undefined)
    } catch (error) {
      if (signal.aborted) throw error
      throw new FlagFailure('unreachable', '', 0)
    }
    if (response.ok && typeof answer === 'object' && answer !== null) return answer
    const { code = '', detail = '' } = (answer ?? {}) as { code?: string; detail?: string }
    const after = response.headers.get('Retry-After')
    throw new FlagFailure(code, detail, response.status, after === null ? undefined : Number(after))
  }
}

import type { S3Client } from '@aws-sdk/client-s3'
import { FlaggingError } from '@flagging/core'

/** The requests of a store that is not closed: what runs when it is, is broken off. */
export class S3Calls {
  readonly client: S3Client
  readonly #isOurs: boolean
  readonly #running = new Set<AbortController>()
  #isClosed = false

  /** @param isOurs whether the client is closed with it */
  constructor(client: S3Client, isOurs: boolean) {
    this.client = client
    this.#isOurs = isOurs
  }

  /**
   * Runs work whose requests end with it.
   * @throws FlaggingError `ERR_FLAGGING_CLOSED`
   */
  async run<T>(work: (call: AbortController) => Promise<T>): Promise<T> {
    const call = this.begin()
    try {
      return await work(call)
    } catch (error) {
      throw this.why(error)
    } finally {
      this.end(call)
    }
  }

  /** A request that goes on until {@link S3Calls.end}. */
  begin(): AbortController {
    if (this.#isClosed) throw closed()
    const call = new AbortController()
    this.#running.add(call)
    return call
  }

  /** Breaks off what of it still goes on. */
  end(call: AbortController): void {
    this.#running.delete(call)
    call.abort()
  }

  /** What a request has failed of: the store was closed, or what it says itself. */
  why(error: unknown): unknown {
    return this.#isClosed ? closed(error) : error
  }

  close(): void {
    this.#isClosed = true
    for (const call of this.#running) this.end(call)
    if (this.#isOurs) this.client.destroy()
  }
}

function closed(cause?: unknown): FlaggingError {
  const options = cause === undefined ? {} : { cause }
  return new FlaggingError('ERR_FLAGGING_CLOSED', 'The files of the bucket are closed', options)
}

import { undoContentCoding } from './content-coding.ts'
import { DecodeThread } from './decode-thread.ts'
import { decode, decodeAsText } from './decode.ts'
import type { DecodeJob, Decoded } from './decoded.ts'
import { isMultipart, parseMediaType } from './media-type.ts'
import { OCTETS, fileBody, isRedactable, rawBody } from './raw-body.ts'

/** How a decoder divides the work. */
export interface DecoderOptions {
  /** Bodies up to this size are decoded at once, on the caller's thread. Default 64 KiB. */
  readonly inlineBytes?: number
  /** Milliseconds that the thread may take for one body. Default 5000. */
  readonly timeoutMs?: number
  /** Megabytes of heap that the thread may take. Default 256. */
  readonly memoryMb?: number
}

/**
 * Decodes recorded bodies: small ones at once, large ones and all multipart one after the other in a
 * worker thread that is started on first use. A body on which the thread fails, or for which it takes
 * too long, is given as it came, with `error`, and the next one gets a new thread.
 */
export class Decoder {
  readonly #inlineBytes: number
  readonly #timeoutMs: number
  readonly #memoryMb: number
  #thread: DecodeThread | undefined
  /** Settles when the thread has nothing left to do. */
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor({ inlineBytes = 64 * 1024, timeoutMs = 5000, memoryMb = 256 }: DecoderOptions = {}) {
    this.#inlineBytes = inlineBytes
    this.#timeoutMs = timeoutMs
    this.#memoryMb = memoryMb
  }

  /**
   * Decodes and redacts one body. Never throws, never rejects. The source must stay as it is until
   * the promise has settled, an open file open.
   */
  decode(job: DecodeJob): Decoded | Promise<Decoded> {
    const { source, contentType, contentEncoding } = job
    const media = parseMediaType(contentType)
    if (media?.kind === 'file' && contentEncoding === undefined && sizeOf(job) > 0) {
      return fileBody(job, sizeOf(job), media.essence)
    }
    if (source instanceof Uint8Array) {
      const decoded = this.#decodeInline(job, source)
      if (decoded) return decoded
    }
    if (this.#isClosed) return withheld(job, 'The decoder is closed.')
    const decoded = this.#last.then(() => this.#decodeInThread(job))
    // Whatever became of it, the next one has its turn.
    this.#last = decoded.catch(() => {})
    return decoded
  }

  /**
   * Decodes and redacts one short body that is there as text; `undefined` where {@link decode} has to
   * look at its bytes. Never throws.
   */
  decodeText(job: Omit<DecodeJob, 'source'>, text: string): Decoded | undefined {
    try {
      return text.length > this.#inlineBytes ? undefined : decodeAsText(job, text)
    } catch {
      return undefined
    }
  }

  /** Waits for what is being decoded, then ends the thread. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#last
    await this.#endThread()
  }

  #decodeInline(job: DecodeJob, bytes: Uint8Array): Decoded | undefined {
    if (bytes.length > this.#inlineBytes || isMultipart(job.contentType)) return undefined
    try {
      if (job.contentEncoding !== undefined) {
        const { error } = undoContentCoding(bytes, this.#inlineBytes, job.contentEncoding)
        // What is too large for this thread may be within the limit of the other.
        if (error !== undefined) return undefined
      }
      const decoded = decode(job, bytes)
      return decoded instanceof Promise ? undefined : decoded
    } catch {
      return rawBody(job, bytes, 'The body could not be decoded.')
    }
  }

  async #decodeInThread(job: DecodeJob): Promise<Decoded> {
    try {
      return await this.#run(job, undefined)
    } catch (error) {
      return this.#keepRaw(job, (error as Error).message)
    }
  }

  /** The body as it came, but for what is to be hidden. */
  async #keepRaw(job: DecodeJob, failure: string): Promise<Decoded> {
    if (!isRedactable(job)) return withheld(job, failure)
    try {
      return await this.#run(job, failure)
    } catch {
      return withheld(job, failure)
    }
  }

  async #run(job: DecodeJob, failure: string | undefined): Promise<Decoded> {
    try {
      if (this.#thread?.isDead) await this.#endThread()
      this.#thread ??= this.#startThread()
      return await this.#thread.run({ job, failure })
    } finally {
      if (this.#thread?.isDead) await this.#endThread()
    }
  }

  #startThread(): DecodeThread {
    try {
      return new DecodeThread(this.#timeoutMs, this.#memoryMb)
    } catch (error) {
      throw new Error('The decoding thread could not be started.', { cause: error })
    }
  }

  async #endThread(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    await thread?.end()
  }
}

/** A body as it came; nothing of it where something in it may have to be hidden. */
function withheld(job: DecodeJob, error: string): Decoded {
  if (isRedactable(job)) return { kind: 'empty', form: false, truncated: true, error }
  return fileBody(job, sizeOf(job), parseMediaType(job.contentType)?.essence ?? OCTETS, { error })
}

function sizeOf({ source }: DecodeJob): number {
  return source instanceof Uint8Array ? source.length : source.size
}

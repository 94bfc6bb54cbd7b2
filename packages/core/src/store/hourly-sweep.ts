import { performance } from 'node:perf_hooks'
import { FlaggingError } from '../errors.ts'
import { errnoOf } from './disk.ts'
import { type SweepContext, sweep } from './sweep.ts'

const EVERY_MS = 60 * 60 * 1000

/** Sweeps a dataset once an hour while samples come in, beside everything else. */
export class HourlySweep {
  readonly #context: SweepContext
  readonly #report: (error: FlaggingError) => void
  #running: Promise<void> | undefined
  #startedAt = Number.NEGATIVE_INFINITY

  /** @param report told of what could not be removed */
  constructor(context: SweepContext, report: (error: FlaggingError) => void) {
    this.#context = context
    this.#report = report
  }

  /** Begins to sweep if it is time. Never throws. */
  inTime(): void {
    if (this.#running !== undefined || performance.now() - this.#startedAt < EVERY_MS) return
    this.#startedAt = performance.now()
    this.#running = this.#sweep()
  }

  /** Resolves when no sweep is under way. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #sweep(): Promise<void> {
    try {
      await sweep(this.#context)
    } catch (error) {
      // The dataset may have been removed meanwhile.
      if (errnoOf(error) !== 'ENOENT') this.#report(sweepError(error))
    } finally {
      this.#running = undefined
    }
  }
}

function sweepError(cause: unknown): FlaggingError {
  const what = 'What dead writers left in `.flagging` could not be removed'
  return new FlaggingError('ERR_FLAGGING_STORE', `${what} (${errnoOf(cause) ?? 'see the cause'})`, {
    cause,
  })
}

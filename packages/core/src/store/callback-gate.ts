import { clearTimeout, setTimeout } from 'node:timers'
import type { Component } from '../components.ts'
import { FlaggingError } from '../errors.ts'
import type { FlagValue } from '../sample/flag-value.ts'
import type { FlagDetails, FlaggingCallback } from './flagging-callback.ts'

/** How long a callback's `flag` may take before nobody waits for it any longer. */
const DEADLINE_MS = 10_000

/**
 * Keeps a callback's contract: `setup` before the first flag of a dataset, and never while a `flag`
 * runs. A flag that does not settle holds up nobody for longer than ten seconds.
 */
export class CallbackGate {
  readonly callback: FlaggingCallback
  readonly #running = new Set<Promise<unknown>>()
  #setups: Promise<void> = Promise.resolve()
  #setupsWaiting = 0

  constructor(callback: FlaggingCallback) {
    this.callback = callback
  }

  /** Sets a dataset up, after the flags and setups before it and before those after it. */
  setup(components: readonly Component[], dir: string): Promise<void> {
    this.#setupsWaiting++
    const running = Promise.allSettled(this.#running)
    const setup = this.#setups.then(async () => {
      try {
        await withDeadline(running, () => undefined)
        await this.callback.setup(components, dir)
      } finally {
        this.#setupsWaiting--
      }
    })
    this.#setups = setup.catch(() => {})
    return setup
  }

  /**
   * Hands a sample to the callback, at once unless a setup waits or runs.
   * @param setUp the setup of its dataset, if that is under way: its failure is the flag's
   */
  flag(
    setUp: Promise<void> | undefined,
    data: readonly FlagValue[],
    option: string | null | undefined,
    username: string | null | undefined,
    details: FlagDetails,
  ): Promise<number> {
    const before = this.#setupsWaiting > 0 ? this.#setups : undefined
    const running =
      before === undefined && setUp === undefined
        ? this.#flagNow(data, option, username, details)
        : this.#flagAfter([before, setUp], data, option, username, details)
    const settled = (): void => {
      // What is thrown here would end the process.
      try {
        this.#running.delete(running)
      } catch {
        this.#running.delete(running)
      }
    }
    this.#running.add(running)
    void running.then(settled, settled)
    return running
  }

  /** Without a promise of our own where the callback gives one. */
  #flagNow(...flag: Parameters<FlaggingCallback['flag']>): Promise<number> {
    try {
      const result = this.callback.flag(...flag)
      return result instanceof Promise ? result : Promise.resolve(result)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  async #flagAfter(
    setups: readonly (Promise<void> | undefined)[],
    ...flag: Parameters<FlaggingCallback['flag']>
  ): Promise<number> {
    for (const setup of setups) await setup
    return this.callback.flag(...flag)
  }

  /** Waits for the running flags as long as for any, then closes the callback. */
  async close(): Promise<void> {
    await withDeadline(Promise.allSettled(this.#running), () => undefined)
    await this.callback.close?.()
  }
}

/**
 * A promise that nobody waits for any longer after `ms` milliseconds (default 10,000); then `late`
 * says what it gives or throws.
 */
export async function withDeadline<T, L>(
  promise: Promise<T>,
  late: () => L,
  ms: number = DEADLINE_MS,
): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, ms, LATE)
  })
  try {
    const first = await Promise.race([promise, deadline])
    return first === LATE ? late() : (first as T)
  } finally {
    clearTimeout(timer)
  }
}

const LATE = Symbol('late')

/** What a flag that nobody waits for any longer is answered with. */
export function tooLate(): never {
  throw new FlaggingError(
    'ERR_FLAGGING_CALLBACK',
    `The callback's \`flag\` has not settled within ${DEADLINE_MS / 1000} seconds.`,
  )
}

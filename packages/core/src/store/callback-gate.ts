import { clearTimeout, setTimeout } from 'node:timers'
import type { Component } from '../components.ts'
import { FlaggingError } from '../errors.ts'
import type { FlagValue } from '../sample/flag-value.ts'
import type { FlagDetails, FlaggingCallback, Removal } from './flagging-callback.ts'

/** How long a callback's `flag` may take before nobody waits for it any longer. */
const DEADLINE_MS = 10_000

/**
 * Keeps a callback's contract: `setup` before the first flag of a dataset, and never while a `flag`
 * runs. A flag that does not settle holds up nobody for longer than ten seconds.
 */
export class CallbackGate {
  readonly callback: FlaggingCallback
  /** The flags since the last setup was asked for. */
  #flags = new Running()
  #setups: Promise<void> = Promise.resolve()
  #setupsWaiting = 0

  constructor(callback: FlaggingCallback) {
    this.callback = callback
  }

  /** Sets a dataset up, after the flags and setups before it and before those after it. */
  setup(components: readonly Component[], dir: string): Promise<void> {
    this.#setupsWaiting++
    const before = this.#flags
    this.#flags = new Running()
    const setup = this.#setups.then(async () => {
      try {
        await withDeadline(before.over(), () => undefined)
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
   * @throws FlaggingError `ERR_FLAGGING_CALLBACK` where the callback gives no number
   */
  async flag(
    setUp: Promise<void> | undefined,
    data: readonly FlagValue[],
    option: string | null | undefined,
    username: string | null | undefined,
    details: FlagDetails,
  ): Promise<number> {
    const flags = this.#flags
    flags.count++
    try {
      if (this.#setupsWaiting > 0) await this.#setups
      if (setUp) await setUp
      const count = await this.callback.flag(data, option, username, details)
      if (typeof count !== 'number') throw notCounted('flag', 'samples of its dataset')
      return count
    } finally {
      flags.count--
      if (flags.count === 0) flags.wake()
    }
  }

  /**
   * Has the callback delete samples, never while a setup runs.
   * @throws FlaggingError `ERR_FLAGGING_CANNOT_UNFLAG` where it cannot; `ERR_FLAGGING_CALLBACK` where
   * it gives no number
   */
  async remove(dir: string, which: Removal): Promise<number> {
    const flags = this.#flags
    flags.count++
    try {
      if (this.#setupsWaiting > 0) await this.#setups
      if (this.callback.remove === undefined) throw cannotUnflag()
      const count = await this.callback.remove(dir, which)
      if (typeof count !== 'number') throw notCounted('remove', 'samples that it deleted')
      return count
    } finally {
      flags.count--
      if (flags.count === 0) flags.wake()
    }
  }

  /** Waits for the running flags as long as for any, then closes the callback. */
  async close(): Promise<void> {
    const last = Promise.all([this.#setups, this.#flags.over()])
    await withDeadline(last, () => undefined)
    await this.callback.close?.()
  }
}

function notCounted(method: string, what: string): FlaggingError {
  const message = `The callback's \`${method}\` must give the number of ${what}.`
  return new FlaggingError('ERR_FLAGGING_CALLBACK', message)
}

/** What is said where a callback has no way to delete samples. */
export function cannotUnflag(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_CANNOT_UNFLAG',
    'Flags cannot be taken back here: the callback has no method `remove`.',
  )
}

/** Flags that the callback has not settled. */
class Running {
  count = 0
  #waiting: (() => void)[] = []

  /** Resolves when there is none left. */
  over(): Promise<void> {
    return this.count === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#waiting.push(resolve))
  }

  wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting = []
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
  throw unsettled('flag')
}

/** What the taking back of a flag is answered with that nobody waits for any longer. */
export function tooLateToRemove(): never {
  throw unsettled('remove')
}

function unsettled(method: string): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_CALLBACK',
    `The callback's \`${method}\` has not settled within ${DEADLINE_MS / 1000} seconds.`,
  )
}

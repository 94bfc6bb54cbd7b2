import { clearTimeout, setTimeout } from 'node:timers'
import { FlaggingError } from '@flagging/core'
import { Signal } from './signal.ts'

/** Calls that wait to be claimed at once. */
const MOST = 256
/** Calls that wait for a turn; more are refused at once. */
const LONGEST_LINE = 1024
/** How long a call that is out keeps its turn though others wait: what is held is claimed sooner. */
const GRACE_MS = 250

/** The turn of one call. */
export interface Turn {
  /** Given when others have waited long enough: the call is to be taken back. */
  readonly yielded: Signal
  /** The call is out: from now on it has to be claimed soon, where others wait. */
  called(): void
  /** Ends the turn; the same again changes nothing. */
  leave(): void
}

interface Taken extends Turn {
  mayYield: boolean
}

/**
 * How many calls wait to be claimed at once. Nobody claims one of an unknown id: where many of them
 * come they give way to those behind them, so that they cannot keep real ones out.
 */
export class Turns {
  /** In the order in which they came. */
  readonly #taken = new Set<Taken>()
  readonly #line: ((turn: Turn) => void)[] = []

  /** How many calls wait for a turn. */
  get waiting(): number {
    return this.#line.length
  }

  /**
   * Waits for a turn.
   * @throws FlaggingError `ERR_FLAGGING_QUEUE_FULL`
   */
  take(): Promise<Turn> {
    if (this.#taken.size < MOST) return Promise.resolve(this.#begin())
    if (this.#line.length >= LONGEST_LINE) return Promise.reject(tooManyCalls())
    const turn = new Promise<Turn>((resolve) => this.#line.push(resolve))
    const [oldest] = this.#taken
    if (oldest?.mayYield) this.#end(oldest)
    return turn
  }

  #begin(): Turn {
    let timer: NodeJS.Timeout | undefined
    const called = (): void => {
      timer = setTimeout(() => {
        turn.mayYield = true
        if (this.#line.length > 0) this.#end(turn)
      }, GRACE_MS).unref()
    }
    const leave = (): void => {
      clearTimeout(timer)
      this.#leave(turn)
    }
    const turn: Taken = { yielded: new Signal(), mayYield: false, called, leave }
    this.#taken.add(turn)
    return turn
  }

  #end(turn: Taken): void {
    turn.yielded.give()
    turn.leave()
  }

  #leave(turn: Taken): void {
    if (this.#taken.delete(turn)) this.#line.shift()?.(this.#begin())
  }
}

/** What is thrown where more calls wait than may. */
export function tooManyCalls(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_QUEUE_FULL',
    'Too many flags wait for the instances that hold their interactions: limit the rate of flags.',
  )
}

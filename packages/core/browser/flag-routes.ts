import { FlagFailure, HTTPRoutes } from './http-routes.ts'

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
  /** Whether flags can be taken back; absent from servers that know nothing of it. */
  readonly canUndo?: boolean
}

/** What `POST {path}` is sent. */
export interface Flag {
  readonly id: string
  readonly option?: string
  readonly comment?: string
  readonly correction?: unknown
}

const NOT_ENDED = 409
/** How long an answer that has not ended yet is waited for, in milliseconds. */
const LONGEST_WAIT = 5 * 60_000
const SHORTEST_PAUSE = 100

/** The flag routes as far as a button needs them. */
export class FlagRoutes {
  readonly #routes: HTTPRoutes

  /** As of {@link HTTPRoutes}. */
  constructor(path: string, crossorigin: string | null) {
    this.#routes = new HTTPRoutes(path, crossorigin)
  }

  /** Asks for the mode and the options. */
  async describe(signal: AbortSignal): Promise<Description> {
    return (await this.#routes.ask('', signal)) as Description
  }

  /** Takes back the flags that one has given of an interaction; gives how many there were. */
  async unflag(id: string, signal: AbortSignal): Promise<number> {
    const path = `/${encodeURIComponent(id)}`
    const { deleted } = (await this.#routes.ask(path, signal, undefined, 'DELETE')) as {
      deleted: number
    }
    return deleted
  }

  /**
   * Flags an interaction; waits where its answer has not ended yet.
   * @param waits told when it does
   * @returns the number of samples of the dataset
   */
  async flag(flag: Flag, signal: AbortSignal, waits: () => void): Promise<number> {
    const until = performance.now() + LONGEST_WAIT
    for (;;) {
      try {
        const { count } = (await this.#routes.ask('', signal, flag)) as { count: number }
        return count
      } catch (error) {
        const isEarly = error instanceof FlagFailure && error.status === NOT_ENDED
        if (!isEarly || performance.now() > until) throw error
        waits()
        await delay((error.retryAfter ?? 1) * 1000, signal)
      }
    }
  }
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.max(SHORTEST_PAUSE, ms || 0))
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
}

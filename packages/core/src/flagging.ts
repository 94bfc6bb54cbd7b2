import type { Component } from './components.ts'
import { FlaggingError } from './errors.ts'
import { flagByHand, idOf } from './hall/flag-by-hand.ts'
import { unflag } from './hall/unflag.ts'
import { Hall } from './hall/hall.ts'
import type {
  FlagRequest,
  FlaggingMode,
  FlaggingOption,
  FlaggingOptions,
} from './options/flagging-options.ts'
import { resolveSettings } from './options/settings.ts'

/** What a flagging has done and holds at the moment. */
export interface FlaggingStats {
  /** Samples on their way to the callback: what a dying process would lose. */
  readonly pending: number
  /** Samples that were stored. */
  readonly stored: number
  /** Samples that could not be stored; each went to `onError`. */
  readonly failed: number
  /** Samples that were dropped because too many waited. */
  readonly dropped: number
  /** Interactions that may still be flagged. */
  readonly held: number
  /** Recorded bytes in memory. */
  readonly memoryBytes: number
  /** Recorded bytes in spill files. */
  readonly spillBytes: number
}

/** A flagging: what both adapters mount, and what a handler flags with. */
export interface Flagging {
  readonly mode: FlaggingMode
  /** The reasons to flag; one without a value where none are configured. */
  readonly options: readonly FlaggingOption[]
  /** The declared components, inputs then outputs; empty where they are inferred. */
  readonly components: readonly Component[]
  /**
   * Flags an interaction: by its id, or, inside a handler, by the framework's own context or request.
   * Resolves with the number of samples of the dataset once the sample is stored. Inside a handler do
   * not await it before you have answered: it is stored when the answer has ended.
   * @throws FlaggingError `ERR_FLAGGING_NOT_FOUND`, `ERR_FLAGGING_NOT_ENDED`,
   * `ERR_FLAGGING_UNKNOWN_OPTION`, `ERR_FLAGGING_BAD_REQUEST`, `ERR_FLAGGING_MODE_AUTO`,
   * `ERR_FLAGGING_MODE_NEVER`, `ERR_FLAGGING_CLOSED`, or what the callback threw. A rejection that
   * nobody handles goes to `onError` and does not end the process.
   */
  flag(target: string | object, request?: FlagRequest): Promise<number>
  /**
   * Takes flags of an interaction back, rows and files: those that `flag` made with the same target and
   * user name, also while it is still at it. Resolves with how many samples were deleted, 0 where there
   * are none. They may be made again then.
   * @throws FlaggingError what `flag` throws; `ERR_FLAGGING_NOT_FOUND` also where all its flags are
   * somebody else's, and `ERR_FLAGGING_CANNOT_UNFLAG` where the callback has no `remove`. A rejection
   * that nobody handles goes to `onError` and does not end the process.
   */
  unflag(target: string | object, request?: { readonly username?: string | null }): Promise<number>
  /**
   * The id under which the interaction of a handler's context or request may be flagged, as the
   * response's `Flagging-Id` will say; `undefined` where it will not be held.
   */
  idOf(target: object): string | undefined
  /**
   * Resolves when everything that had been answered before the call is stored. Rejects with
   * `ERR_FLAGGING_CALLBACK` if the callback settles nothing for ten seconds.
   */
  flush(): Promise<void>
  stats(): FlaggingStats
  /** Flushes, then closes the callbacks; nothing is captured or flagged any longer. */
  close(): Promise<void>
}

const halls = new WeakMap<object, Hall>()

/**
 * Makes a flagging from the options; both adapters' `flagging()` takes it in their place, so that
 * several middlewares share ids, routes, callback and limits.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for anything that is not an option or cannot be one
 */
export function createFlagging<Target = unknown>(options: FlaggingOptions<Target> = {}): Flagging {
  const settings = resolveSettings(options)
  const hall = new Hall(settings)
  const flagging: Flagging = Object.freeze({
    mode: settings.mode,
    options: settings.options,
    components: settings.declared?.all ?? [],
    // Neither throws in a handler, nor harms one that does not wait for what it gives.
    flag(target: string | object, request: FlagRequest = {}): Promise<number> {
      try {
        return told(
          hall,
          flagByHand(hall, target, request).then(({ count }) => count),
        )
      } catch (error) {
        return told(hall, Promise.reject(error))
      }
    },
    unflag(
      target: string | object,
      request: { readonly username?: string | null } = {},
    ): Promise<number> {
      try {
        return told(hall, unflag(hall, target, request.username))
      } catch (error) {
        return told(hall, Promise.reject(error))
      }
    },
    idOf(target: object): string | undefined {
      try {
        return idOf(hall, target)
      } catch (error) {
        hall.report(error)
        return undefined
      }
    },
    flush: () => hall.flush(),
    stats: () => hall.stats(),
    close: () => hall.close(),
  })
  halls.set(flagging, hall)
  return flagging
}

/** Reports a rejection, whoever else handles it. */
function told(hall: Hall, result: Promise<number>): Promise<number> {
  result.catch((error: unknown) => hall.report(error))
  return result
}

/** What stands behind a flagging, made from its options unless it is one already. */
export function hallOf<Target>(given: Flagging | FlaggingOptions<Target>): {
  flagging: Flagging
  hall: Hall
} {
  const known = halls.get(given)
  if (known) return { flagging: given as Flagging, hall: known }
  if ('flag' in given && typeof given.flag === 'function') {
    throw new FlaggingError(
      'ERR_FLAGGING_OPTION',
      'This flagging was made by another copy of @flagging/core: install one version of it.',
    )
  }
  const flagging = createFlagging(given as FlaggingOptions<Target>)
  return { flagging, hall: halls.get(flagging) as Hall }
}

/**
 * What stands behind flag routes that are mounted alone.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` where options leave the routes nothing to do
 */
export function routesHallOf<Target>(given: Flagging | FlaggingOptions<Target>): {
  flagging: Flagging
  hall: Hall
} {
  const { flagging, hall } = hallOf(given)
  const { acceptData, examples, review } = hall.settings
  if (flagging !== given && !acceptData && examples === undefined && !review) {
    throw new FlaggingError(
      'ERR_FLAGGING_OPTION',
      'These flag routes have nothing to flag: pass `acceptData`, `examples` or `review`, or the ' +
        '`flagging` of a middleware that captures.',
    )
  }
  return { flagging, hall }
}

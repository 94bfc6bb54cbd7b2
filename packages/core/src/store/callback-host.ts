import type { JSONValue } from '../sample/flag-value.ts'

/** A flag by hand on its way from the instance that was asked to the one that holds the interaction. */
export interface PassedFlag {
  readonly option: string | null
  readonly comment: string | null
  readonly correction: JSONValue
  /** The exact JSON text of the correction, where JavaScript cannot hold it. */
  readonly correctionJSON?: string | undefined
  /** Who flags, as the instance that was asked has seen it; `null` where that is not known. */
  readonly username: string | null
}

/** What became of a flag: the number of samples of its dataset, and whether it made a new one. */
export interface FlagOutcome {
  readonly count: number
  readonly fresh: boolean
}

/** What a flagging offers the callback that stores its samples. */
export interface CallbackHost {
  /** The flagged directory, absolute. Datasets lie in it, or in the folders of it that endpoints have. */
  readonly dir: string
  /** Whether interactions are held to be flagged by their ids. */
  readonly holds: boolean
  /**
   * Flags an interaction that this flagging holds, on behalf of another instance; `undefined` where it
   * holds none with this id. Rejects as `flagging.flag` does.
   */
  flagHeld(id: string, flag: PassedFlag): Promise<FlagOutcome> | undefined
  /** Takes flags of an interaction back likewise; gives how many samples were deleted. */
  unflagHeld(id: string, username: string | null): Promise<number> | undefined
}

/** How a callback reaches the interactions that other instances hold. */
export interface FlagsElsewhere {
  /**
   * Has the instance flag that holds an interaction; waits for its answer, for a bounded time.
   * @throws FlaggingError what the holder threw; `ERR_FLAGGING_NOT_FOUND` where there is none
   */
  flag(id: string, flag: PassedFlag): Promise<FlagOutcome>
  /** Has it take flags back likewise; gives how many samples were deleted. */
  unflag(id: string, username: string | null): Promise<number>
}

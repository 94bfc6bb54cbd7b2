import type { JSONValue } from '../sample/flag-value.ts'

/** A flag by hand on its way from the instance that was asked to the one that holds the interaction. */
export interface PassedFlag {
  readonly option: string | null
  readonly comment: string | null
  /** To be passed as JSON that keeps `-0` and any depth, as `stringifyJSON` writes it. */
  readonly correction: JSONValue
  /** The exact JSON text of the correction, where JavaScript cannot hold it; it says what `correction` is. */
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
  /** Whether samples may come: `false` in mode `never`, in which nothing may touch a disk. */
  readonly stores: boolean
  /** Whether interactions are held to be flagged by their ids. */
  readonly holds: boolean
  /** Whether this flagging holds an interaction with this id, and can be asked to flag it. */
  isHeld(id: string): boolean
  /**
   * Flags an interaction that this flagging holds, on behalf of another instance that has checked and
   * redacted what the flag says; `undefined` where it holds none with this id. Rejects as
   * `flagging.flag` does. The same flag again makes no second sample, whichever instance was asked.
   */
  flagHeld(id: string, flag: PassedFlag): Promise<FlagOutcome> | undefined
  /** Takes flags of an interaction back likewise; gives how many samples were deleted. */
  unflagHeld(id: string, username: string | null): Promise<number> | undefined
}

/** How a callback reaches the interactions that other instances hold. */
export interface FlagsElsewhere {
  /**
   * Has the instance flag that holds an interaction; waits for its answer, for a bounded time. Asked
   * only for ids that this flagging does not hold, in mode `manual`.
   * @returns what became of it; `undefined` only where it is certain that no instance flags it, now or
   * later: where none holds it, or where it may not be flagged by whoever asks
   * @throws FlaggingError what the holder threw, or why nobody knows what became of it
   */
  flag(id: string, flag: PassedFlag): Promise<FlagOutcome | undefined>
  /** Has it take flags back likewise; gives how many samples were deleted. */
  unflag(id: string, username: string | null): Promise<number | undefined>
  /** Called once, when this flagging holds an interaction: from now on others may ask for it. */
  holding?(): void
}

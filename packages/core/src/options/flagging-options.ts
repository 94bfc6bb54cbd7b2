import type { Component } from '../components.ts'
import type { Limits } from './limits.ts'
import type { FlagValue, JSONValue } from '../sample/flag-value.ts'
import type { Interaction } from '../sample/interaction.ts'
import type { FlagDetails, FlaggingCallback } from '../store/flagging-callback.ts'
import type { SampleSource } from '../store/sample-source.ts'

/**
 * When samples are logged. `manual`: when somebody flags an interaction. `auto`: every successful
 * submission, with its output and nothing to click. `never`: not at all.
 */
export type FlaggingMode = 'manual' | 'auto' | 'never'

/** A reason to flag: what a button says, and what the log says. */
export interface FlaggingOption {
  readonly label: string
  /** What is stored; `null` only where no options are configured. */
  readonly value: string | null
}

/** What a request to the flag routes wants to do, as `authorize` is asked. */
export type FlaggingAction = 'flag' | 'examples' | 'review' | 'edit'

/** What `onFlag` is told of a stored sample. */
export interface FlagEvent {
  /** The number of samples of the dataset, this one included. */
  readonly count: number
  readonly flagData: readonly FlagValue[]
  readonly option: string | null
  readonly username: string | null
  readonly details: FlagDetails
}

/**
 * The options of `createFlagging` and of both adapters' `flagging()`. `Target` is what the framework
 * hands to a handler: Hono's context, Express's request.
 */
export interface FlaggingOptions<Target = unknown> {
  /**
   * When samples are logged; see {@link FlaggingMode}. Default: the environment variable
   * `GRADIO_FLAGGING_MODE`, else `manual`. The option beats the variable; an empty variable is none.
   */
  readonly mode?: FlaggingMode
  /**
   * Why a sample was flagged: `['Incorrect']` gives the label `Flag as Incorrect` and the value
   * `Incorrect`; pairs and `{ label, value }` are taken as given. Adds the column `flag_option`.
   * Default: one option `Flag` without a value, and no column.
   */
  readonly options?:
    | readonly string[]
    | readonly (readonly [label: string, value: string])[]
    | readonly { readonly label: string; readonly value: string }[]
  /** Where samples are stored. Made with the first sample, not before. Default `flagged`. */
  readonly dir?: string
  /**
   * Where samples go: a callback, or a function that makes one per dataset.
   * Default `() => new CSVLogger()`.
   */
  readonly callback?: FlaggingCallback | (() => FlaggingCallback)
  /** The input components, or names for untyped ones. Default: inferred per endpoint. */
  readonly inputs?: readonly (Component | string)[]
  /** The output components; need `inputs`. Default with `inputs`: `['Output']`. */
  readonly outputs?: readonly (Component | string)[]
  /**
   * Who makes the request, from the host's own authentication; may be async. Asked when the answer
   * has ended and at the flag. A throw stores no name and goes to `onError`. Where maker and flagger
   * are both known, only the maker may flag. Adds the column `username`. Default: none.
   */
  readonly username?: (
    request: Target,
  ) => string | null | undefined | Promise<string | null | undefined>
  /** Whether a flag may carry a free text. Adds the column `comment`. Default `false`. */
  readonly comment?: boolean
  /** Whether a flag may say what the output should have been. Adds `correction`. Default `false`. */
  readonly correction?: boolean
  /**
   * Whether a request to the flag routes may do this; may be async. `false` is a 403; a throw is a 403
   * and goes to `onError`. Default: everything is open; `review` needs one.
   */
  readonly authorize?: (request: Target, action: FlaggingAction) => boolean | Promise<boolean>
  /**
   * What to offer as examples at `GET {path}/examples`: a flagged directory, or an object with the
   * method `readSamples`, as a callback that stores in a database may be. Default: none.
   */
  readonly examples?: string | SampleSource
  /**
   * Whether there is a page at `GET {path}/review` that shows what was flagged, and what `dir` holds
   * already. Needs `authorize`, which is asked for `review`, and for `edit` where a reviewer marks or
   * deletes samples. The page answers at IP addresses, at `localhost` and at the names in `origins`.
   * Default `false`.
   */
  readonly review?: boolean
  /** The path of the flag routes below the mount, or `false` for none. Default `/flag`. */
  readonly path?: string | false
  /** Other web origins that may use the flag routes from a browser. Default: none. */
  readonly origins?: readonly string[]
  /** Whether the flag route also takes samples whose data the client posts. Default `false`. */
  readonly acceptData?: boolean
  /**
   * Which interactions are samples; asked when the answer has ended, in `manual` mode at the flag.
   * Default: a request that counts (POST, PUT or PATCH; with declared inputs: at least one present,
   * whatever the method), a status of 2xx, ended `complete` (in `manual` also `aborted`).
   */
  readonly when?: (interaction: Interaction) => boolean
  /** The share of submissions that `auto` logs, 0 to 1. Flags by hand are never sampled. Default 1. */
  readonly sampleRate?: number
  /**
   * What is hidden before anything is stored: names that extend the built-in list, a function of the
   * interaction (whose `inputs` and `outputs` are stored; a throw drops the sample), or `false`.
   * Default: the built-in names (see `builtinRedactNames`).
   */
  readonly redact?: readonly string[] | ((interaction: Interaction) => Interaction) | false
  /** Caps on memory, disk, files and counts; see {@link Limits}. */
  readonly limits?: Partial<Limits>
  /** Told of each stored sample. A throw inside goes to `onError`. */
  readonly onFlag?: (event: FlagEvent) => void
  /** Told of each failure. A throw inside is swallowed. Default: one line on stderr. */
  readonly onError?: (error: unknown) => void
}

/** What one route may say otherwise than the flagging it shares. */
export interface FlaggingOverrides {
  /** `never` leaves the route out. */
  readonly mode?: 'never'
  readonly inputs?: readonly (Component | string)[]
  readonly outputs?: readonly (Component | string)[]
  readonly when?: (interaction: Interaction) => boolean
}

/** What a flag by hand may say. */
export interface FlagRequest {
  /** One of the configured values; `null` or absent where no options are configured. */
  readonly option?: string | null
  /** Needs `comment: true`. */
  readonly comment?: string | null
  /** Needs `correction: true`. */
  readonly correction?: JSONValue
  /** Who flags it; only where a `username` function is configured. */
  readonly username?: string | null
}

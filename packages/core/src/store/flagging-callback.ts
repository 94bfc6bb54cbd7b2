import type { Component } from '../components.ts'
import type { FlagValue, JSONValue } from '../sample/flag-value.ts'
import type { ReviewStore } from '../review/review-store.ts'
import type { Ended } from '../sample/interaction.ts'
import type { CallbackHost, FlagsElsewhere } from './callback-host.ts'
import type { RowKey } from './row-key.ts'

/** What is known of a sample beside its values. */
export interface FlagDetails {
  /** The components of the dataset, inputs then outputs, in the order of the values. */
  readonly components: readonly Component[]
  /** The dataset's folder, absolute. */
  readonly dir: string
  readonly id: string
  /** The endpoint's name, such as `calculate` or `PUT.items.{id}`. */
  readonly endpoint: string
  readonly method: string
  readonly status: number
  readonly startedAt: Date
  /** Milliseconds. */
  readonly duration: number
  readonly ended: Ended
  readonly truncated: boolean
  /** Whether somebody flagged it, or posted it; false where mode `auto` logged it by itself. */
  readonly byHand: boolean
  /**
   * What is the same for a retry of a flag by hand and for nothing else, whoever is asked; absent where
   * nothing can be retried, and where `id` says as much.
   */
  readonly once?: string
  /** `undefined`: comments are not accepted, and there is no column. `null`: none was given. */
  readonly comment?: string | null
  /** `undefined`: corrections are not accepted, and there is no column. `null`: none was given. */
  readonly correction?: JSONValue
  /** The JSON text of the correction as it was received, where the JavaScript value cannot hold it. */
  readonly correctionJSON?: string
  /**
   * The JSON text of a value as it was received, at the value's position, where the JavaScript value
   * cannot hold it: digits beyond double precision, key order, repeated keys.
   */
  readonly json?: readonly (string | undefined)[]
}

/** What a callback is to delete. */
export type Removal =
  | { readonly id: string; readonly username?: string | null | undefined }
  | { readonly rows: readonly RowKey[] }

/**
 * Where samples go: implement this to send them elsewhere. Gradio's `FlaggingCallback`, with the
 * same two methods.
 */
export interface FlaggingCallback {
  /**
   * Called before the first flag of a dataset, and again when an endpoint without declared
   * components is seen with new fields. Never while a `flag` of this callback runs. A throw fails
   * the flag that needed it; the next flag tries again.
   */
  setup(components: readonly Component[], flaggingDir: string): void | Promise<void>
  /**
   * Stores one sample and gives the number of samples of its dataset, this one included. Resolve only
   * when the sample is stored. The result is awaited by the flag route, never by the host's request.
   * @param flagData the values, in the order of the components
   * @param flagOption why it was flagged; `undefined` where no options are configured
   * @param username who flagged it; `undefined` where no `username` function is configured
   */
  flag(
    flagData: readonly FlagValue[],
    flagOption?: string | null,
    username?: string | null,
    details?: FlagDetails,
  ): number | Promise<number>
  /**
   * Deletes samples for good, rows and files, and gives how many. Without it nothing can be deleted:
   * flags stay. Resolve only when nothing of them can come back. What is gone already counts for
   * nothing and is no error; a throw says that nothing was deleted.
   * @param flaggingDir the dataset's folder
   * @param which rows by their keys; or the samples that were flagged by hand under an interaction's
   * id: by one user (`null`: by nobody who is known), or by whomever where `username` is `undefined`
   */
  remove?(flaggingDir: string, which: Removal): Promise<number>
  /**
   * Called before anything else with what the flagging offers its callback: by `createFlagging` where
   * one callback is given for all datasets, else when it is made. The flagging may not be asked yet.
   */
  attach?(host: CallbackHost): void
  /**
   * How flags reach interactions that other instances hold. Without it they are a 404 there. Asked only
   * where one callback is given for all datasets; so are `review` and `usesDisk`.
   */
  readonly elsewhere?: FlagsElsewhere
  /** Where reviewers look samples up. Default: in the logs of the flagged directory. */
  readonly review?: ReviewStore
  /** Whether samples take room on the disk of the flagged directory. Default `true`. */
  readonly usesDisk?: boolean
  /**
   * Called once by `flagging.close()`, after every flag has settled; not where the callback was neither
   * made nor attached.
   */
  close?(): void | Promise<void>
  /** Names of columns that the callback adds by itself and that no component may take. */
  readonly columns?: readonly string[]
  /**
   * The widest component list that earlier samples of a dataset were stored with, if any: endpoints
   * without declared components go on with it after a restart.
   */
  known?(flaggingDir: string): Promise<readonly Component[] | undefined>
  /** Set by `createFlagging`: where to report faults that belong to no single flag. */
  onError?: (error: unknown) => void
}

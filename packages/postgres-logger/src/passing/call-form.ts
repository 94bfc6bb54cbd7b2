import { FlaggingError, type FlaggingErrorCode, type JSONValue } from '@flagging/core'
import {
  type CallbackHost,
  type FlagOutcome,
  type PassedFlag,
  isForClient,
  stringifyJSON,
} from '@flagging/core/store'

/** What an instance asks of the one that holds an interaction. */
export type CallRequest =
  | {
      readonly kind: 'flag'
      readonly option: string | null
      readonly comment: string | null
      readonly username: string | null
      /** JSON text: nested any deeper, the server would not take it. */
      readonly correction: string
      /** Whether JavaScript cannot hold what the correction says. */
      readonly isExact: boolean
    }
  | { readonly kind: 'unflag'; readonly username: string | null }

/** What came of it. */
export type CallAnswer = FlagOutcome | { readonly deleted: number } | Failed

/** Why nothing did. Only what clients may be told has a message. */
interface Failed {
  readonly code: FlaggingErrorCode
  readonly message?: string
}

/** A flag as it is asked for. */
export function flagRequest(flag: PassedFlag): CallRequest {
  const { option, comment, username, correction, correctionJSON } = flag
  return {
    kind: 'flag',
    option,
    comment,
    username,
    correction: correctionJSON ?? stringifyJSON(correction),
    isExact: correctionJSON !== undefined,
  }
}

/**
 * Does what is asked; `undefined` where the interaction is held no longer.
 * @throws FlaggingError what the flagging throws; `ERR_FLAGGING_STORE` for what a newer version asks
 */
export async function carriedOut(
  host: CallbackHost,
  interaction: string,
  request: CallRequest,
): Promise<CallAnswer | undefined> {
  switch (request.kind) {
    case 'flag': {
      const { option, comment, username, correction, isExact } = request
      return host.flagHeld(interaction, {
        option,
        comment,
        username,
        correction: JSON.parse(correction) as JSONValue,
        correctionJSON: isExact ? correction : undefined,
      })
    }
    case 'unflag': {
      const deleted = await host.unflagHeld(interaction, request.username)
      return deleted === undefined ? undefined : { deleted }
    }
    default:
      throw new FlaggingError(
        'ERR_FLAGGING_STORE',
        'Another instance asks for what this one does not know: let all of them have one version.',
      )
  }
}

/** A failure as it is answered. */
export function failedAnswer(error: unknown): CallAnswer {
  if (isForClient(error)) return { code: error.code, message: error.message }
  return { code: error instanceof FlaggingError ? error.code : 'ERR_FLAGGING_STORE' }
}

/** What is answered where nothing is held any longer: whoever asks has words for it. */
export const NOT_HELD: CallAnswer = { code: 'ERR_FLAGGING_NOT_FOUND', message: '' }

/**
 * What an answer says; `undefined` where there is nothing to flag.
 * @throws FlaggingError what the holder threw
 */
export function outcomeOf<Outcome extends CallAnswer>(answer: CallAnswer): Outcome | undefined {
  if (!('code' in answer)) return answer as Outcome
  const { code, message } = answer
  if (code === 'ERR_FLAGGING_NOT_FOUND') return undefined
  throw new FlaggingError(
    code,
    message ??
      'The instance that holds the interaction could not do it; what went wrong was told to its `onError`.',
  )
}

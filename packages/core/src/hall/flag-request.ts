import { stringifyJSON } from '../capture/stringify-json.ts'
import { FlaggingError } from '../errors.ts'
import type { FlagRequest } from '../options/flagging-options.ts'
import { redactJSON } from '../capture/redact-json.ts'
import { isHidden, redactRules } from '../capture/redact-rules.ts'
import { type JSONValue, isFlaggedFile, isFlaggedFileList } from '../sample/flag-value.ts'
import type { Settings } from '../options/settings.ts'

/** Characters of a comment, and of a correction's JSON text. */
const LONGEST_TEXT = 100_000

/** A flag by hand, checked; what was not given is `null`. */
export interface CheckedFlag {
  readonly option: string | null
  readonly comment: string | null
  readonly correction: JSONValue
  readonly username: string | null
}

/**
 * Checks what a flag by hand says against what is configured.
 * @throws FlaggingError `ERR_FLAGGING_UNKNOWN_OPTION`, which lists the values, or
 * `ERR_FLAGGING_BAD_REQUEST`
 */
export function checkFlagRequest(
  { option = null, comment = null, correction = null, username = null }: FlagRequest,
  settings: Pick<Settings, 'options' | 'hasOptions' | 'comment' | 'correction' | 'redact'>,
): CheckedFlag {
  const isKnown = settings.options.some(({ value }) => value === option)
  if (!isKnown) {
    const values = settings.options.map(({ value }) => JSON.stringify(value)).join(', ')
    throw new FlaggingError(
      'ERR_FLAGGING_UNKNOWN_OPTION',
      settings.hasOptions
        ? `\`option\` must be one of ${values}.`
        : 'No options are configured: leave `option` out.',
    )
  }
  if (comment !== null && !settings.comment) throw bad('Comments are not accepted here.')
  if (correction !== null && !settings.correction) throw bad('Corrections are not accepted here.')
  if (comment !== null && typeof comment !== 'string') throw bad('`comment` must be a string.')
  if (username !== null && typeof username !== 'string') throw bad('`username` must be a string.')
  if (isFlaggedFile(correction) || isFlaggedFileList(correction)) {
    throw bad('`correction` must be a JSON value, not a file.')
  }
  const correctionLength = correction === null ? 0 : stringifyJSON(correction).length
  if ((comment?.length ?? 0) > LONGEST_TEXT || correctionLength > LONGEST_TEXT) {
    throw bad(`Comments and corrections may have ${LONGEST_TEXT} characters.`)
  }
  return { option, comment, correction: redactedCorrection(correction, settings), username }
}

/** A correction is stored like an output, and hides what an output hides. */
function redactedCorrection(correction: JSONValue, settings: Pick<Settings, 'redact'>): JSONValue {
  if (typeof correction !== 'object' || correction === null) return correction
  const rules = redactRules(settings.redact, [])
  const text = stringifyJSON(correction)
  const safe = redactJSON(text, (key, path) => isHidden(rules, key, path))
  return safe === text ? correction : (JSON.parse(safe) as JSONValue)
}

function bad(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_BAD_REQUEST', message)
}

import { stringifyJSON } from '../capture/stringify-json.ts'
import { FlaggingError } from '../errors.ts'
import type { FlagRequest } from '../options/flagging-options.ts'
import { redactRules } from '../capture/redact-rules.ts'
import { Redactor } from '../capture/redactor.ts'
import { type JSONValue, isFlaggedFile, isFlaggedFileList } from '../sample/flag-value.ts'
import { type Slot, slotOfText } from '../sample/slot.ts'
import type { Settings } from '../options/settings.ts'

/** Characters of a comment, and of a correction's JSON text. */
const LONGEST_TEXT = 100_000

/** A flag by hand, checked; what was not given is `null`. */
export interface CheckedFlag {
  readonly option: string | null
  readonly comment: string | null
  readonly correction: JSONValue
  /** The JSON text of the correction, where JavaScript cannot hold all that it says. */
  readonly correctionJSON: string | undefined
  readonly username: string | null
}

/**
 * Checks what a flag by hand says against what is configured.
 * @param correctionJSON the exact text of a correction that JavaScript cannot hold
 * @param longestText characters of a comment, and of a correction's JSON text; 100,000 by default
 * @throws FlaggingError `ERR_FLAGGING_UNKNOWN_OPTION`, which lists the values, or
 * `ERR_FLAGGING_BAD_REQUEST`
 */
export function checkFlagRequest(
  { option = null, comment = null, correction = null, username = null }: FlagRequest,
  settings: Pick<Settings, 'options' | 'hasOptions' | 'comment' | 'correction' | 'redact'>,
  correctionJSON?: string,
  longestText: number = LONGEST_TEXT,
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
  const text = correctionJSON ?? stringifyJSON(correction)
  if ((comment?.length ?? 0) > longestText || text.length > longestText) {
    throw bad(`Comments and corrections may have ${longestText} characters.`)
  }
  // Stored like inputs and outputs, they hide what those hide.
  const redactor = Redactor.of(redactRules(settings.redact, []))
  const safe = redactedCorrection(slotOfCorrection(correction, correctionJSON), text, redactor)
  return {
    option,
    comment: comment && redactor.text(comment),
    correction: safe.value as JSONValue,
    correctionJSON: safe.json,
    username,
  }
}

function slotOfCorrection(value: JSONValue, json: string | undefined): Slot {
  return json === undefined ? { value } : { value, json }
}

function redactedCorrection(slot: Slot, text: string, redactor: Redactor): Slot {
  if (typeof slot.value === 'string') return { value: redactor.text(slot.value) }
  const safe = redactor.json(text)
  return safe === text ? slot : slotOfText(safe)
}

function bad(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_BAD_REQUEST', message)
}

import type { RedactRules } from '../capture/decoded.ts'
import { redactJSON } from '../capture/redact-json.ts'
import { isHidden } from '../capture/redact-rules.ts'
import { Redactor } from '../capture/redactor.ts'
import { stringifyJSON } from '../capture/stringify-json.ts'
import { type JSONValue, isFlaggedFile, isFlaggedFileList } from './flag-value.ts'
import { type Slot, slotOfText } from './slot.ts'

/** A JSON value with what the rules hide replaced; paths begin with the label of its column. */
export function hideIn(slot: Slot, label: string, rules: RedactRules): Slot {
  const text = slot.json ?? structureText(slot)
  if (text === undefined || !Redactor.of(rules).mayHide(text)) return slot
  const safe = redactJSON(text, (key, path) => isHidden(rules, key, `${label}.${path}`))
  return safe === text ? slot : slotOfText(safe)
}

function structureText({ value }: Slot): string | undefined {
  const isStructure = typeof value === 'object' && value !== null
  if (!isStructure || isFlaggedFile(value) || isFlaggedFileList(value)) return undefined
  return stringifyJSON(value as JSONValue)
}

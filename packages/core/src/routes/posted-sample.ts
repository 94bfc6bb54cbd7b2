import { createHash } from 'node:crypto'
import { REDACTED, isHidden } from '../capture/redact-rules.ts'
import type { RedactRules } from '../capture/decoded.ts'
import { stringifyJSON } from '../capture/stringify-json.ts'
import { type Component, isFileType } from '../components.ts'
import { FlaggingError } from '../errors.ts'
import type { Declared } from '../options/declared.ts'
import type { Body } from '../sample/body.ts'
import { coerce } from '../sample/coerce.ts'
import {
  type FlagValue,
  type FlaggedFile,
  type JSONValue,
  isFlaggedFile,
  isFlaggedFileList,
} from '../sample/flag-value.ts'
import { hideIn } from '../sample/hide-in.ts'
import { EMPTY, type Slot, elementSlots, memberSlots } from '../sample/slot.ts'

/** What a posted form says beside the values. */
const FORM_FIELDS: readonly string[] = ['id', 'option', 'comment', 'correction']

/** Characters of what is said of a sample. */
const LONGEST_TEXT = 100_000
/** Members of `inputs` or `outputs` that are looked at. */
const MOST_MEMBERS = 16_384

/** Whether a body holds the values of a sample, and not only the id of an interaction. */
export function holdsData({ fields }: Body, isForm: boolean): boolean {
  if (fields === undefined) return false
  return isForm
    ? [...fields.keys()].some((name) => !FORM_FIELDS.includes(name))
    : fields.has('data') || fields.has('inputs') || fields.has('outputs')
}

/**
 * The values of a posted sample, in component order: `data` as a list, `inputs` and `outputs` by
 * label, or the parts of a form by label.
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` that says what does not fit
 */
export function postedSlots(
  body: Body,
  isForm: boolean,
  declared: Declared,
  rules: RedactRules,
  maxFileBytes: number,
): readonly Slot[] {
  const slots = isForm ? formSlots(body, declared) : jsonSlots(body, declared)
  return declared.all.map((component, index) => {
    const slot = slots[index] ?? EMPTY
    checkFile(component, slot)
    const made = coerce(slot, component.type, maxFileBytes)
    return isHidden(rules, component.label, component.label)
      ? { value: REDACTED }
      : hideIn(made, component.label, rules)
  })
}

function formSlots({ fields }: Body, { all }: Declared): readonly (Slot | undefined)[] {
  const labels = all.map(({ label }) => label)
  for (const name of fields?.keys() ?? []) {
    if (!labels.includes(name) && !FORM_FIELDS.includes(name)) throw unknownLabel(name, labels)
  }
  return labels.map((label) => fields?.get(label))
}

function jsonSlots(
  { fields }: Body,
  { inputs, outputs, all }: Declared,
): readonly (Slot | undefined)[] {
  const data = fields?.get('data')
  if (data) {
    const elements = elementSlots(data, all.length + 1)
    if (elements?.length === all.length) return elements
    const labels = all.map(({ label }) => label).join(', ')
    throw bad(`\`data\` must be a list of ${all.length} values: ${labels}.`)
  }
  return [...side(fields?.get('inputs'), inputs), ...side(fields?.get('outputs'), outputs)]
}

function side(
  slot: Slot | undefined,
  components: readonly Component[],
): readonly (Slot | undefined)[] {
  const labels = components.map(({ label }) => label)
  const members = slot === undefined ? new Map<string, Slot>() : memberSlots(slot, MOST_MEMBERS)
  if (members === undefined) throw bad('`inputs` and `outputs` must be objects of values by label.')
  for (const name of members.keys()) if (!labels.includes(name)) throw unknownLabel(name, labels)
  return labels.map((label) => members.get(label))
}

function checkFile({ label, type }: Component, slot: Slot): void {
  const takesFiles = type === 'any' || isFileType(type)
  if (takesFiles || slot.json !== undefined) return
  if (isFlaggedFile(slot.value) || isFlaggedFileList(slot.value)) {
    throw bad(`The component '${label}' takes no file.`)
  }
}

/**
 * What tells a posted sample from another one with the same id: its values and what is said of them.
 * Of files it takes the content.
 */
export async function postedKey(
  id: string,
  flag: unknown,
  slots: readonly Slot[],
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([id, flag]))
  for (const slot of slots) {
    hash.update('\0')
    if (slot.json !== undefined) {
      hash.update(slot.json)
      continue
    }
    for (const part of isFlaggedFileList(slot.value) ? slot.value : [slot.value]) {
      if (isFlaggedFile(part)) await hashFile(hash, part)
      else hash.update(stringifyJSON(part as JSONValue))
    }
  }
  return hash.digest('base64url')
}

async function hashFile(hash: ReturnType<typeof createHash>, file: FlaggedFile): Promise<void> {
  hash.update(`${file.type} ${file.size}:`)
  for await (const chunk of file.stream()) hash.update(chunk)
}

/**
 * A text that a body carries beside the values.
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` where it is too long to be one
 */
export function textOf({ fields }: Body, name: string): FlagValue | undefined {
  const slot = fields?.get(name)
  // Told by its text: parsing it would cost far more.
  if ((slot?.json?.length ?? 0) > LONGEST_TEXT) {
    throw bad(`\`${name}\` may have ${LONGEST_TEXT} characters.`)
  }
  return slot?.value
}

function unknownLabel(name: string, labels: readonly string[]): FlaggingError {
  const shown = name.length > 64 ? `${name.slice(0, 64)}...` : name
  return bad(`There is no component '${shown}' here. The labels are ${labels.join(', ')}.`)
}

function bad(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_BAD_REQUEST', message)
}

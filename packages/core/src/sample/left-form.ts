import type { DecodeLimits, RedactRules } from '../capture/decoded.ts'
import { freeName } from '../capture/form-parts.ts'
import type { KeptBody } from '../capture/left-body.ts'
import { REDACTED } from '../capture/redact-rules.ts'
import { Redactor } from '../capture/redactor.ts'
import { SourceFile, memorySource, rangeSource } from '../store/byte-source.ts'
import { type Body, FieldsBody } from './body.ts'
import type { Slot } from './slot.ts'

/** What the fields and files of a form are held to. */
interface FormRules {
  readonly redact: RedactRules
  readonly limits: Pick<DecodeLimits, 'files' | 'fileBytes' | 'interactionBytes'>
}

/**
 * A form that somebody else has parsed: its fields, and the files that were left beside them. Where a
 * name has both, the text gets another, as in a form of ours.
 */
export async function leftForm(left: KeptBody, body: Body, rules: FormRules): Promise<Body> {
  const redactor = Redactor.of(rules.redact)
  const { files, truncated } = await leftFiles(left, redactor, rules.limits)
  const fields = new Map<string, Slot>()
  const taken = new Set([...(body.fields?.keys() ?? []), ...files.keys()])
  for (const [name, slot] of body.fields ?? []) {
    const free = files.has(name) ? freeName(name, taken) : name
    fields.set(free, left.form ? spelled(name, slot, redactor) : slot)
  }
  for (const [name, slot] of files) fields.set(name, slot)
  return new FieldsBody([...fields], body.truncated || truncated, body.error)
}

function spelled(name: string, slot: Slot, redactor: Redactor): Slot {
  if (slot.json !== undefined) return slot
  const { value } = slot
  return { value: typeof value === 'string' ? redactor.text(value, name) : value, spelled: true }
}

async function leftFiles(
  { files }: KeptBody,
  redactor: Redactor,
  limits: FormRules['limits'],
): Promise<{ files: ReadonlyMap<string, Slot>; truncated: boolean }> {
  const byField = new Map<string, SourceFile[]>()
  const slots = new Map<string, Slot>()
  let truncated = files.length > limits.files
  let room = limits.interactionBytes
  for (const { field, name, type, recorder } of files.slice(0, limits.files)) {
    if (redactor.hidesField(field)) {
      slots.set(field, { value: REDACTED })
      continue
    }
    const content = await recorder.content()
    const has = content instanceof Uint8Array ? content.length : content.size
    const size = Math.min(has, limits.fileBytes, room)
    room -= size
    if (recorder.truncated || size < has) truncated = true
    const source =
      content instanceof Uint8Array
        ? memorySource(content.subarray(0, size))
        : rangeSource(content.file, 0, size)
    const list = byField.get(field) ?? []
    list.push(new SourceFile(name, type, source))
    byField.set(field, list)
    slots.set(field, { value: list.length === 1 ? (list[0] as SourceFile) : list })
  }
  return { files: slots, truncated }
}

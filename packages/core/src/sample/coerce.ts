import { stringifyJSON } from '../capture/stringify-json.ts'
import { type ComponentType, isFileType } from '../components.ts'
import { SourceFile, memorySource } from '../store/byte-source.ts'
import { dataUriFile } from './data-uri.ts'
import { type JSONValue, isFlaggedFile, isFlaggedFileList } from './flag-value.ts'
import type { Slot } from './slot.ts'

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const CHECKED: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  '1': true,
  off: false,
  false: false,
  '0': false,
}

/** What a value becomes in a column of a type. Files stay files whatever the type says. */
export function coerce(slot: Slot, type: ComponentType, maxFileBytes: number): Slot {
  if (slot.json === undefined && (isFlaggedFile(slot.value) || isFlaggedFileList(slot.value))) {
    return slot
  }
  if (type === 'text') return asText(slot)
  if (isFileType(type)) return asFile(slot, maxFileBytes)
  return slot.spelled === true && typeof slot.value === 'string'
    ? { value: spelledValue(slot.value, type) }
    : slot
}

function asText(slot: Slot): Slot {
  if (slot.json !== undefined) return { value: slot.json }
  const { value } = slot
  if (typeof value === 'string' || value === null) return slot
  return { value: stringifyJSON(value as JSONValue) }
}

function asFile(slot: Slot, maxFileBytes: number): Slot {
  if (slot.json !== undefined || typeof slot.value !== 'string') return slot
  const file = dataUriFile(slot.value, maxFileBytes)
  return file ? { value: file } : slot
}

/** A string of a form as the type that the column has, or, without one, as the number it spells. */
function spelledValue(text: string, type: ComponentType): JSONValue {
  if (type === 'number') return JSON_NUMBER.test(text) ? finite(text) : text
  if (type === 'checkbox') return CHECKED[text.toLowerCase()] ?? text
  if (type === 'json' || type === 'label') return parsed(text)
  // `1e+21` is how JavaScript writes that number, but nobody types it for one.
  return JSON_NUMBER.test(text) && !/e/i.test(text) && String(Number(text)) === text
    ? Number(text)
    : text
}

function finite(text: string): JSONValue {
  const number = Number(text)
  return Number.isFinite(number) ? number : text
}

function parsed(text: string): JSONValue {
  try {
    return JSON.parse(text) as JSONValue
  } catch {
    return text
  }
}

/** A text body as the file that it is in a file column, such as an SVG answer. */
export function textAsFile(slot: Slot, mediaType: string | undefined): Slot {
  if (typeof slot.value !== 'string') return slot
  const bytes = Buffer.from(slot.value)
  const type = mediaType?.split(';')[0]?.trim().toLowerCase() || 'text/plain'
  return { value: new SourceFile(undefined, type, memorySource(bytes)) }
}

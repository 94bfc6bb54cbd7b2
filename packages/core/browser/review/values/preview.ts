import type { Cell } from '../contract.ts'
import { TEXTS } from '../texts.ts'
import { confidencesOf } from './confidences.ts'

const LONGEST = 160
const MOST = 8

/** A value on one line, shortened: whatever it is, the work is bounded. */
export function previewOf(value: unknown, depth = 2): string {
  if (typeof value === 'string') return shortened(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const isList = Array.isArray(value)
  if (depth === 0) return isList ? '[…]' : '{…}'
  const parts: string[] = []
  let length = 0
  // Not `Object.entries`: a large object would be copied for the sake of its first fields.
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue
    if (parts.length === MOST || length > LONGEST) {
      parts.push('…')
      break
    }
    const inner = previewOf((value as Record<string, unknown>)[key], depth - 1)
    const part = isList ? inner : `${shortened(key)}: ${inner}`
    parts.push(part)
    length += part.length
  }
  return shortened(isList ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`)
}

/** What a cell holds on one line. */
export function previewOfCell({ type, value }: Cell): string {
  if (value.kind === 'missing') return TEXTS.fileGone
  if (value.kind === 'cut') return shortened(value.text)
  if (value.kind === 'files') {
    const pictures = value.files.filter((file) => isPicture(file)).length
    return pictures === value.files.length
      ? TEXTS.pictures(pictures)
      : TEXTS.files(value.files.length)
  }
  if (value.value === null) return ''
  const scores = confidencesOf(type, value.value)
  if (scores) {
    return shortened(
      scores
        .slice(0, MOST)
        .map(({ label, share }) => `${label} ${TEXTS.percent(share)}`)
        .join(', '),
    )
  }
  return previewOf(value.value)
}

/** Whether a file is shown as a picture. */
export function isPicture(file: { readonly type: string; readonly isInert: boolean }): boolean {
  return file.isInert && file.type.startsWith('image/')
}

function shortened(text: string): string {
  const line = text
    .slice(0, LONGEST * 2)
    .replaceAll(/\s+/g, ' ')
    .trim()
  if (line.length <= LONGEST && text.length <= LONGEST * 2) return line
  return `${line.slice(0, LONGEST).toWellFormed().trimEnd()} …`
}

/** How sure a classifier was of a label, from 0 to 1. */
export interface Confidence {
  readonly label: string
  readonly share: number
}

/**
 * The labels of a classifier's answer, the most likely first: of `{ label, confidences: [{ label,
 * confidence }] }`, or of an object of shares. `undefined` for anything else.
 */
export function confidencesOf(type: string, value: unknown): readonly Confidence[] | undefined {
  if (type !== 'label' || typeof value !== 'object' || value === null) return undefined
  const { confidences } = value as { confidences?: unknown }
  const pairs: readonly (readonly [unknown, unknown])[] = Array.isArray(confidences)
    ? confidences.map((one: unknown) => {
        const { label, confidence } = (one ?? {}) as { label?: unknown; confidence?: unknown }
        return [label, confidence]
      })
    : Object.entries(value)
  const found: Confidence[] = []
  for (const [label, share] of pairs) {
    if (typeof label !== 'string' || typeof share !== 'number') return undefined
    if (!(share >= 0 && share <= 1)) return undefined
    found.push({ label, share })
  }
  if (found.length === 0) return undefined
  return found.toSorted((one, other) => other.share - one.share)
}

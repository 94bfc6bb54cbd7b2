import type { Review } from './review.ts'

const anchors = new WeakMap<Review, string>()

/**
 * Selects a sample, or takes it out of the selection.
 * @param isRange whether all from the one before to this one are meant
 */
export function choose(review: Review, key: string, isRange = false): void {
  const { chosen, listing } = review.store.state
  const keys = listing.samples.map((sample) => sample.key)
  const isOn = !chosen.has(key)
  const from = isRange ? keys.indexOf(anchors.get(review) ?? key) : -1
  const to = keys.indexOf(key)
  const meant =
    from === -1 || to === -1 ? [key] : keys.slice(Math.min(from, to), Math.max(from, to) + 1)
  anchors.set(review, key)
  const after = new Set(chosen)
  for (const one of meant) {
    if (isOn) after.add(one)
    else after.delete(one)
  }
  review.store.set({ chosen: after })
}

/** Selects all samples that were found so far; none if all are. */
export function chooseAll(review: Review): void {
  const { chosen, listing } = review.store.state
  const isAll = chosen.size === listing.samples.length
  review.store.set({ chosen: new Set(isAll ? [] : listing.samples.map(({ key }) => key)) })
}

/** Selects nothing. */
export function chooseNone(review: Review): void {
  review.store.set({ chosen: new Set() })
}

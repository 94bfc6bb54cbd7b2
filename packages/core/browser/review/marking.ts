import type { MarkChange } from './contract.ts'
import { countSoon } from './counting.ts'
import { changeSamples } from './listing.ts'
import { type Review, noteFailure, say } from './review.ts'
import { contentOf } from './row-identity.ts'
import type { Saving } from './state.ts'
import { TEXTS } from './texts.ts'

const queues = new WeakMap<Review, Promise<unknown>>()

/** Saves a mark or a note; gives whether it was saved. One after the other, so that the last one wins. */
export function mark(review: Review, key: string, change: MarkChange): Promise<boolean> {
  const saving: Saving = { key, change, failure: undefined }
  review.store.set(({ savings }) => ({ savings: [...withoutSame(savings, saving), saving] }))
  const saved = (queues.get(review) ?? Promise.resolve()).then(() => save(review, saving))
  queues.set(review, saved)
  return saved
}

async function save(review: Review, saving: Saving): Promise<boolean> {
  const { key, change } = saving
  try {
    const mark = await review.api.mark(key, change)
    const content = contentOfKey(review, key)
    changeSamples(review, (sample) =>
      sample.key === key || contentOf(sample) === content ? { ...sample, review: mark } : sample,
    )
    forget(review, saving)
    say(review, TEXTS.saved)
    countSoon(review)
    return true
  } catch (error) {
    const failure = noteFailure(review, error)
    review.store.set(({ savings }) => ({
      savings: savings.map((one) => (one === saving ? { ...one, failure } : one)),
    }))
    return false
  }
}

function contentOfKey(review: Review, key: string): string | undefined {
  const { listing, opened } = review.store.state
  const known = [...listing.samples, ...(opened?.sample ? [opened.sample] : [])]
  const sample = known.find((one) => one.key === key)
  return sample && contentOf(sample)
}

/** Saves once more what was not saved. */
export function markAgain(review: Review, { key, change }: Saving): Promise<boolean> {
  return mark(review, key, change)
}

/** Gives a change up. */
export function forget(review: Review, saving: Saving): void {
  review.store.set(({ savings }) => ({ savings: savings.filter((one) => one !== saving) }))
}

/** A new try, or another change of the same, takes the place of the one before. */
function withoutSame(savings: readonly Saving[], { key, change }: Saving): readonly Saving[] {
  return savings.filter((one) => one.key !== key || isNote(one.change) !== isNote(change))
}

/** Whether a change is one of the note. */
export function isNote(change: MarkChange): boolean {
  return change.note !== undefined
}

/** What is being saved of a sample: of its note, or of its mark. */
export function savingOf(
  savings: readonly Saving[],
  key: string,
  what: 'note' | 'mark',
): Saving | undefined {
  return savings.find((one) => one.key === key && isNote(one.change) === (what === 'note'))
}

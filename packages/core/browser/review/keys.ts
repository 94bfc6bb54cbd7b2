import { askToDelete } from './deleting.ts'
import { mark } from './marking.ts'
import { close, step } from './navigating.ts'
import { type Review, focusOn } from './review.ts'
import { choose } from './selecting.ts'

const KEPT = 'flagging-review-keys'

/** Whether single keys do something: those who speak to their computer may have to turn that off. */
export function areKeysOn(): boolean {
  try {
    return localStorage.getItem(KEPT) !== 'off'
  } catch {
    // Storage may be forbidden.
    return true
  }
}

/** Turns single keys on or off, for this browser. */
export function turnKeys(isOn: boolean): void {
  try {
    localStorage.setItem(KEPT, isOn ? 'on' : 'off')
  } catch {
    // Then they stay on.
  }
}

/** What each key does. */
const KEYS: Readonly<Record<string, (review: Review) => void>> = {
  j: (review) => step(review, 1),
  k: (review) => step(review, -1),
  ArrowDown: (review) => step(review, 1),
  ArrowUp: (review) => step(review, -1),
  r: (review) => toggleReviewed(review, true),
  n: writeNote,
  x: (review) => {
    const { opened } = review.store.state
    if (opened) choose(review, opened.key)
  },
  '/': (review) => focusOn(review, 'search'),
  '?': (review) => review.store.set({ isHelping: true }),
  Delete: askToDelete,
}

/** Listens to keys, wherever on the page the focus is. */
export function listenToKeys(review: Review): void {
  document.addEventListener('keydown', (event) => {
    const { key, target } = event
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (!(target instanceof Element) || target.closest('dialog')) return
    if (key === 'Escape') {
      escape(review, target)
      return
    }
    const act = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined
    if (act === undefined || !areKeysOn() || isOwn(target, key)) return
    event.preventDefault()
    act(review)
  })
}

/** Whether an element has a use of its own for a key. */
function isOwn(target: Element, key: string): boolean {
  if (target.closest('textarea, select, input:not([type=checkbox])')) return true
  if (!key.startsWith('Arrow')) return false
  return target.closest('audio, video, [data-keeps-arrows]') !== null
}

function escape(review: Review, target: Element): void {
  const menu = target.closest<HTMLDetailsElement>('details.menu[open]')
  if (menu) {
    menu.open = false
    menu.querySelector('summary')?.focus()
  } else if (target.closest('input[type=search]')) focusOn(review, 'row')
  else close(review)
}

/** Marks the open sample as reviewed, or as open again. */
export function toggleReviewed(review: Review, goesOn: boolean): void {
  const { about, opened } = review.store.state
  if (about?.canEdit !== true || opened?.sample === undefined) return
  const isReviewed = opened.sample.review?.reviewed === true
  if (goesOn && isReviewed) step(review, 1)
  else {
    void mark(review, opened.key, { reviewed: !isReviewed })
    if (goesOn) step(review, 1)
  }
}

/** Opens the note of the open sample. */
export function writeNote(review: Review): void {
  const { about, opened } = review.store.state
  if (about?.canEdit !== true || opened?.sample === undefined) return
  review.store.set({ noting: opened.key, noted: undefined })
  focusOn(review, 'note')
}

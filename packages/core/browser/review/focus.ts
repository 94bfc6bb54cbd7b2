import type { Place } from './state.ts'

/** Gives the focus to a place of the page; to the list where there is no such place any more. */
export function focusPlace(place: Place): void {
  const found = elementOf(place) ?? elementOf('list')
  found?.focus({ preventScroll: true })
  // On a phone the sample that was opened lies below the list.
  const isBelow = place === 'sample' && isNarrow()
  found?.scrollIntoView({ block: isBelow ? 'start' : 'nearest' })
}

/** Whether the page is as narrow as on a phone: then all is in one column. */
export function isNarrow(): boolean {
  return !matchMedia('(min-width: 48rem)').matches
}

function elementOf(place: Place): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-place="${place}"]`)
}

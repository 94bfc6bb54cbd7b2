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

/**
 * Keeps the focus near where it was, when what had it is taken out of the page: a button that is done
 * with, say. It goes to the closest element around it that is still there.
 */
export function keepFocus(): void {
  let around: readonly Element[] = []
  document.addEventListener('focusin', ({ target }) => {
    around = target instanceof Element ? ancestorsOf(target) : []
  })
  new MutationObserver(() => {
    if (document.activeElement !== document.body || around[0]?.isConnected !== false) return
    const left = around.find((element) => element.isConnected)
    if (left instanceof HTMLElement && left !== document.body) focusOnce(left)
  }).observe(document.body, { childList: true, subtree: true })
}

function ancestorsOf(element: Element): readonly Element[] {
  const found = []
  for (let one: Element | null = element; one !== null; one = one.parentElement) found.push(one)
  return found
}

/** Gives the focus to what does not have it by itself. */
function focusOnce(element: HTMLElement): void {
  if (!element.hasAttribute('tabindex')) {
    element.tabIndex = -1
    element.addEventListener('blur', () => element.removeAttribute('tabindex'), { once: true })
  }
  element.focus({ preventScroll: true })
}

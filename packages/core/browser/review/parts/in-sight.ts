import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/**
 * Tells when an element comes into sight, or nearly, and when it leaves.
 * @param change told again after each change of it: what was done may have left the element in sight
 */
export function useSight<Kind extends Element>(
  onSight: (isInSight: boolean) => void,
  change: string,
): RefObject<Kind> {
  const element = useRef<Kind>(null)
  const latest = useRef(onSight)
  latest.current = onSight
  useEffect(() => {
    const seen = element.current
    if (seen === null) return undefined
    const observer = new IntersectionObserver(
      (entries) => latest.current(entries.at(-1)?.isIntersecting === true),
      // The first where the list scrolls, the second where the page does.
      { scrollMargin: '400px', rootMargin: '400px' } as IntersectionObserverInit,
    )
    observer.observe(seen)
    return () => observer.disconnect()
  }, [change])
  return element as RefObject<Kind>
}

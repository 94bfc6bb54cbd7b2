import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** Tells whenever an element comes into sight, or nearly, and when it leaves. */
export function useSight<Kind extends Element>(
  onChange: (isInSight: boolean) => void,
  margin = '0px',
): RefObject<Kind> {
  const element = useRef<Kind>(null)
  const latest = useRef(onChange)
  latest.current = onChange
  useEffect(() => {
    const seen = element.current
    if (seen === null) return undefined
    const observer = new IntersectionObserver(
      (entries) => latest.current(entries.at(-1)?.isIntersecting === true),
      { rootMargin: margin },
    )
    observer.observe(seen)
    return () => observer.disconnect()
  }, [margin])
  return element as RefObject<Kind>
}

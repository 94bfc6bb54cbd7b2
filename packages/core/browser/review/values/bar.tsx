import type { JSX } from 'preact'

interface BarProps {
  /** From 0 to 1. */
  readonly share: number
  readonly isUpright?: boolean
}

/** The bar of a chart, for the eye alone: what it says stands beside it as text. */
export function Bar({ share, isUpright = false }: BarProps): JSX.Element {
  const length = Math.max(0, Math.min(1, share)) * 100
  // Something that is there is seen, however little it is.
  const seen = length > 0 ? Math.max(length, 2) : 0
  return (
    <svg class="bar" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      {isUpright ? (
        <rect x="0" y={100 - seen} width="100" height={seen} />
      ) : (
        <rect x="0" y="0" width={seen} height="100" />
      )}
    </svg>
  )
}

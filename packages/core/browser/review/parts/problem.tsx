import type { JSX } from 'preact'
import { TEXTS } from '../texts.ts'

interface ProblemProps {
  readonly text: string
  readonly onRetry?: () => void
}

/** Something that did not work, said at once, with another try where that may help. */
export function Problem({ text, onRetry }: ProblemProps): JSX.Element {
  return (
    <div class="problem notice" role="alert">
      <p>{text}</p>
      {onRetry && (
        <button type="button" class="small" onClick={onRetry}>
          {TEXTS.retry}
        </button>
      )}
    </div>
  )
}

import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type Review, noteFailure, reasonOf, useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { PlainText } from './plain-text.tsx'

interface Reading {
  readonly text?: string
  readonly problem?: string
  readonly isBusy?: boolean
}

/** A text that was stored beside the log, read when somebody wants to see it. */
export function StoredText({ address }: { readonly address: string }): JSX.Element {
  const review = useReview()
  const [reading, set] = useState<Reading>({})
  const [controller] = useState(() => new AbortController())
  useEffect(() => () => controller.abort(), [controller])
  if (reading.text !== undefined) return <PlainText text={reading.text} startsWhole />
  const start = async () => {
    set({ isBusy: true })
    const read = await readText(review, address, controller.signal)
    if (!controller.signal.aborted) set(read)
  }
  return (
    <>
      {reading.problem !== undefined && (
        <p class="problem" role="alert">
          {reading.problem}
        </p>
      )}
      <button
        type="button"
        class="small"
        aria-disabled={reading.isBusy}
        onClick={() => void start()}
      >
        {reading.isBusy ? TEXTS.loading : TEXTS.showText}
      </button>
    </>
  )
}

async function readText(review: Review, address: string, signal: AbortSignal): Promise<Reading> {
  try {
    return { text: await review.api.text(address, signal) }
  } catch (error) {
    return { problem: reasonOf(noteFailure(review, error)) }
  }
}

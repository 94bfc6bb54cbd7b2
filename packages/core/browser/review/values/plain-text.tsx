import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { TEXTS } from '../texts.ts'

const FIRST = 4_000

/** What turns the direction of a text around, or cannot be seen at all. */
const UNSEEN = /([\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069])/

interface PlainTextProps {
  readonly text: string
  /** Whether a long one is not shortened. */
  readonly startsWhole?: boolean
}

/** A text as it is: its lines are kept, its direction is its own, and what cannot be seen is named. */
export function PlainText({ text, startsWhole = false }: PlainTextProps): JSX.Element {
  const [isWhole, showWhole] = useState(startsWhole || text.length <= FIRST)
  const shown = isWhole ? text : text.slice(0, FIRST).toWellFormed()
  return (
    <>
      <div class="text" dir="auto">
        <Seen text={shown} />
        {isWhole ? '' : ' …'}
      </div>
      {!isWhole && (
        <button type="button" class="small" onClick={() => showWhole(true)}>
          {TEXTS.showWhole(text.length)}
        </button>
      )}
    </>
  )
}

/** A text on a line of its own direction, with what cannot be seen in it named. */
export function Line({ text }: { readonly text: string }): JSX.Element {
  return (
    <bdi>
      <Seen text={text} />
    </bdi>
  )
}

function Seen({ text }: { readonly text: string }): JSX.Element {
  if (!UNSEEN.test(text)) return <>{text}</>
  return (
    <>{text.split(UNSEEN).map((part, n) => (n % 2 === 1 ? <Unseen of={part} key={n} /> : part))}</>
  )
}

function Unseen({ of }: { readonly of: string }): JSX.Element {
  const code = of.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  return <span class="unseen">{`U+${code}`}</span>
}

import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { TEXTS } from '../texts.ts'
import { Line, PlainText } from './plain-text.tsx'
import { previewOf } from './preview.ts'

/** Up to so many fields are unfolded at once. */
const FEW = 12
const STEP = 100

/** JSON as a tree that is folded, level by level; a string in it is text. */
export function JSONTree({ value }: { readonly value: object }): JSX.Element {
  return (
    <div class="tree">
      <Branch value={value} isOpen={sizeOf(value) <= FEW} />
    </div>
  )
}

interface BranchProps {
  readonly name?: string
  readonly value: object
  readonly isOpen?: boolean
}

function Branch({ name, value, isOpen = false }: BranchProps): JSX.Element {
  const [isUnfolded, unfold] = useState(isOpen)
  const size = sizeOf(value)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return (
    <details open={isUnfolded} onToggle={({ currentTarget }) => unfold(currentTarget.open)}>
      <summary>
        <Name name={name} />
        <span class="hint">
          {Array.isArray(value) ? TEXTS.items(size) : TEXTS.fields(size)}
        </span>{' '}
        {!isUnfolded && size > 0 && <Line text={previewOf(value)} />}
        {!isUnfolded && size === 0 && `${open}${close}`}
      </summary>
      {/* Not before it is open: a deep tree costs only what is looked at. */}
      {isUnfolded && <Entries value={value} />}
    </details>
  )
}

function Entries({ value }: { readonly value: object }): JSX.Element {
  const [most, showMost] = useState(STEP)
  const keys = Object.keys(value)
  const rest = Math.min(STEP, keys.length - most)
  return (
    <ul>
      {keys.slice(0, most).map((key) => (
        <li key={`k${key}`}>
          <Entry name={key} value={(value as Record<string, unknown>)[key]} />
        </li>
      ))}
      {rest > 0 && (
        <li>
          <button type="button" class="small" onClick={() => showMost(most + STEP)}>
            {TEXTS.moreItems(rest)}
          </button>
        </li>
      )}
    </ul>
  )
}

function Entry({ name, value }: { readonly name: string; readonly value: unknown }): JSX.Element {
  if (typeof value === 'object' && value !== null) return <Branch name={name} value={value} />
  return (
    <div class="leaf">
      <Name name={name} />
      {typeof value === 'string' ? (
        <Text>
          <PlainText text={value} />
        </Text>
      ) : (
        <code>{String(value)}</code>
      )}
    </div>
  )
}

function Text({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <div class="string">{children}</div>
}

function Name({ name }: { readonly name: string | undefined }): JSX.Element | null {
  if (name === undefined) return null
  return (
    <span class="key">
      <Line text={name} />
      {': '}
    </span>
  )
}

function sizeOf(value: object): number {
  return Array.isArray(value) ? value.length : Object.keys(value).length
}

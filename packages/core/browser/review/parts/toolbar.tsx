import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { show } from '../navigating.ts'
import { useReview } from '../review.ts'
import type { State } from '../state.ts'
import { TEXTS } from '../texts.ts'
import { ORDERS } from '../view.ts'

const PAUSE_MS = 400

interface ToolbarProps {
  readonly state: State
  readonly areFiltersOpen: boolean
  readonly openFilters: (isOpen: boolean) => void
}

/** The top of the page: its name, the search, the order, and help. */
export function Toolbar({ state, areFiltersOpen, openFilters }: ToolbarProps): JSX.Element {
  const review = useReview()
  return (
    <header class="toolbar">
      <h1>{TEXTS.title}</h1>
      <Search q={state.view.q ?? ''} />
      <label class="sort">
        <span>{TEXTS.sort}</span>
        <select
          value={state.view.sort ?? 'newest'}
          onChange={({ currentTarget: { value } }) =>
            show(review, { sort: ORDERS.find((order) => order === value) })
          }
        >
          {(['newest', ...ORDERS] as const).map((order) => (
            <option key={order} value={order}>
              {TEXTS.orders[order]}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="filters-button"
        aria-expanded={areFiltersOpen}
        onClick={() => openFilters(!areFiltersOpen)}
      >
        {TEXTS.filters}
      </button>
      <button
        type="button"
        class="help-button"
        aria-label={TEXTS.help}
        title={TEXTS.help}
        onClick={() => review.store.set({ isHelping: true })}
      >
        {TEXTS.helpMark}
      </button>
    </header>
  )
}

/** The words that are searched for, once somebody stops typing. */
function Search({ q }: { readonly q: string }): JSX.Element {
  const review = useReview()
  const [text, write] = useState(q)
  const asked = useRef(q)
  useEffect(() => {
    // The browser's own buttons change it, too.
    if (q !== asked.current) write(q)
    asked.current = q
  }, [q])
  const ask = () => {
    const words = text.trim()
    if (words === asked.current) return
    asked.current = words
    show(review, { q: words === '' ? undefined : words })
  }
  useEffect(() => {
    const timer = setTimeout(ask, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <search class="search">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          ask()
        }}
      >
        <input
          type="search"
          aria-label={TEXTS.search}
          placeholder={TEXTS.searchHint}
          data-place="search"
          autocomplete="off"
          spellcheck={false}
          maxLength={500}
          value={text}
          onInput={({ currentTarget }) => write(currentTarget.value)}
        />
      </form>
    </search>
  )
}

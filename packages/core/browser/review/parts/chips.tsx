import type { JSX } from 'preact'
import { filter } from '../navigating.ts'
import { focusOn, useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { datasetName, formatBucket } from '../values/formats.ts'
import { Line } from '../values/plain-text.tsx'
import { FILTERS, type Filter, type View, daysAfter, isFiltered } from '../view.ts'

const NOTHING: Filter = Object.fromEntries(FILTERS.map((name) => [name, undefined]))

/** What the list is filtered by, each with a way out of it. */
export function Chips({ view }: { readonly view: View }): JSX.Element | null {
  const review = useReview()
  if (!isFiltered(view)) return null
  const remove = (change: Filter) => {
    filter(review, change)
    focusOn(review, 'list')
  }
  const chips = FILTERS.flatMap((name) => {
    const value = view[name]
    return value === undefined ? [] : [{ name, ...said(name, value) }]
  })
  return (
    <ul class="chips" aria-label={TEXTS.activeFilters}>
      {chips.map(({ name, title, text }) => (
        <li key={name}>
          <button
            type="button"
            class="chip"
            aria-label={TEXTS.without(title, text)}
            onClick={() => remove({ [name]: undefined })}
          >
            <span class="hint">{title}</span> <Line text={text} /> <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button type="button" class="small" onClick={() => remove(NOTHING)}>
            {TEXTS.clearFilters}
          </button>
        </li>
      )}
    </ul>
  )
}

function said(name: (typeof FILTERS)[number], value: string): { title: string; text: string } {
  switch (name) {
    case 'option':
      return { title: TEXTS.option, text: value || TEXTS.noOption }
    case 'dataset':
      return { title: TEXTS.dataset, text: datasetName(value) }
    case 'user':
      return { title: TEXTS.user, text: value || TEXTS.noUser }
    case 'q':
      return { title: TEXTS.search, text: value }
    case 'from':
      return { title: TEXTS.from, text: formatBucket(value) }
    case 'to':
      return { title: TEXTS.until, text: formatBucket(daysAfter(value, -1)) }
    case 'marks':
      return { title: TEXTS.state, text: TEXTS.marks[value as keyof typeof TEXTS.marks] }
  }
}

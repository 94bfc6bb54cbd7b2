import type { JSX } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'
import { focusPlace } from '../focus.ts'
import { reasonOf, useReview } from '../review.ts'
import { start } from '../start.ts'
import type { State } from '../state.ts'
import { useStore } from '../store.ts'
import { TEXTS } from '../texts.ts'
import { DeleteDialog } from './delete-dialog.tsx'
import { Facets } from './facets.tsx'
import { HelpDialog } from './help-dialog.tsx'
import { List } from './list.tsx'
import { NotSaved } from './not-saved.tsx'
import { Problem } from './problem.tsx'
import { Sample } from './sample.tsx'
import { Toolbar } from './toolbar.tsx'

/** The page. */
export function App(): JSX.Element {
  const review = useReview()
  const state = useStore(review.store)
  const { failure, focus, listing, said } = state
  useLayoutEffect(() => {
    if (focus) focusPlace(focus.place)
  }, [focus])
  useLayoutEffect(() => {
    const { length } = listing.fresh
    document.title = length === 0 ? TEXTS.title : `(${length}) ${TEXTS.title}`
  }, [listing.fresh])
  const problem = failure && <Problem text={reasonOf(failure)} onRetry={() => void start(review)} />
  return (
    <div class="page">
      <p class="unseen-text" role="status">
        {said}
      </p>
      {state.about ? (
        <>
          {problem}
          <Parts state={state} />
        </>
      ) : (
        <main class="starting">
          <h1>{TEXTS.title}</h1>
          {problem ?? <p class="hint">{TEXTS.loading}</p>}
        </main>
      )}
    </div>
  )
}

function Parts({ state }: { readonly state: State }): JSX.Element {
  const [areFiltersOpen, openFilters] = useState(false)
  const layout = [
    'panes',
    state.opened ? 'has-sample' : '',
    areFiltersOpen ? 'has-filters' : '',
  ].join(' ')
  return (
    <>
      <Toolbar state={state} areFiltersOpen={areFiltersOpen} openFilters={openFilters} />
      <NotSaved state={state} />
      <main class={layout}>
        <Facets state={state} />
        <List state={state} />
        <Sample state={state} />
      </main>
      <DeleteDialog deleting={state.deleting} />
      <HelpDialog isOpen={state.isHelping} />
    </>
  )
}

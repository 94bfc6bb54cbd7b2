import type { JSX } from 'preact'
import type { About, Counts, ValueCount } from '../contract.ts'
import { filter } from '../navigating.ts'
import { reasonOf, useReview } from '../review.ts'
import type { State, Tally } from '../state.ts'
import { TEXTS } from '../texts.ts'
import { datasetName } from '../values/formats.ts'
import { Line } from '../values/plain-text.tsx'
import { MARKS, isFiltered } from '../view.ts'
import { type Choice, Facet } from './facet.tsx'
import { TimeFacet } from './time-facet.tsx'

/** What the samples can be filtered by, each with how many there are. */
export function Facets({ state }: { readonly state: State }): JSX.Element {
  const review = useReview()
  const { about, tally, view } = state
  const options = choicesOf(tally.option?.options, optionsOf(about), TEXTS.noOption)
  const datasets = choicesOf(tally.dataset?.datasets, about?.datasets ?? [], TEXTS.mainDataset)
  const users = choicesOf(tally.user?.users, [], TEXTS.noUser)
  return (
    <section class="facets" aria-label={TEXTS.filters}>
      <Progress tally={tally} isAll={!isFiltered(view)} />
      <Facet
        name={TEXTS.state}
        // How many of a selection are reviewed is not counted.
        choices={MARKS.map((value) => marksChoice(value, isFiltered(view) ? undefined : tally.all))}
        chosen={view.marks}
        onChoose={(marks) => filter(review, { marks: MARKS.find((one) => one === marks) })}
      />
      <Facet
        name={TEXTS.option}
        choices={options}
        chosen={view.option}
        onChoose={(option) => filter(review, { option })}
      />
      <TimeFacet days={tally.time?.days ?? []} view={view} />
      <Facet
        name={TEXTS.dataset}
        choices={datasets.map((choice) => ({ ...choice, text: datasetName(choice.value) }))}
        chosen={view.dataset}
        onChoose={(dataset) => filter(review, { dataset })}
      />
      <Facet
        name={TEXTS.user}
        choices={users}
        chosen={view.user}
        onChoose={(user) => filter(review, { user })}
      />
      <Notices notices={about?.notices ?? []} />
    </section>
  )
}

function optionsOf(about: About | undefined): readonly (string | null)[] {
  return about?.options.map(({ value }) => value) ?? []
}

function marksChoice(value: (typeof MARKS)[number], all: Counts | undefined): Choice {
  const text = TEXTS.marks[value]
  if (all === undefined || value === 'noted') return { value, text }
  return { value, text, count: value === 'reviewed' ? all.reviewed : all.total - all.reviewed }
}

/** What was counted, then what else can be chosen. */
function choicesOf(
  counts: readonly ValueCount[] | undefined,
  known: readonly (string | null)[],
  none: string,
): readonly Choice[] {
  const counted = (counts ?? []).toSorted((one, other) => other.count - one.count)
  const rest = known
    .filter((value) => !counted.some((one) => one.value === value))
    .map((value) => ({ value, count: counts === undefined ? undefined : 0 }))
  return [...counted, ...rest].map(({ value, count }) => ({
    value: value ?? '',
    text: value ?? none,
    count,
  }))
}

interface ProgressProps {
  readonly tally: Tally
  /** Whether nothing is left out. */
  readonly isAll: boolean
}

function Progress({ tally, isAll }: ProgressProps): JSX.Element {
  const { all, failure, isBusy } = tally
  return (
    <div class="progress">
      {all && (
        <p>
          <strong>{TEXTS.samples(all.total)}</strong>
          {isAll && <span class="hint">{TEXTS.progress(all.reviewed, all.total)}</span>}
        </p>
      )}
      {isBusy && all?.done !== true && <p class="hint">{TEXTS.counting}</p>}
      {failure && <p class="problem">{`${TEXTS.notCounted} ${reasonOf(failure)}`}</p>}
    </div>
  )
}

function Notices({ notices }: { readonly notices: readonly string[] }): JSX.Element | null {
  if (notices.length === 0) return null
  return (
    <details class="notices">
      <summary>{TEXTS.notices(notices.length)}</summary>
      <ul>
        {notices.map((notice) => (
          <li key={notice}>
            <Line text={notice} />
          </li>
        ))}
      </ul>
    </details>
  )
}

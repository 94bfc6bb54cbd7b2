import type { Settings } from '../options/settings.ts'
import { LogReview } from '../review/log-review.ts'
import type { ReviewStore } from '../review/review-store.ts'
import { type NamedPlace, threadedReader } from '../review/review-thread.ts'
import type { Datasets } from '../sample/datasets.ts'
import { Turns } from '../store/turns.ts'

/** What the reviewers of one flagging look at and change. */
export class Reviewing {
  readonly store: ReviewStore
  readonly #turns = new Turns()

  constructor(settings: Settings, datasets: Datasets) {
    this.store = settings.sharedCallback?.review ?? logsOf(settings, datasets)
  }

  /** Does one thing after the other: what the second changes is what the first left. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(work)
  }
}

function logsOf({ dir, declared }: Settings, datasets: Datasets): ReviewStore {
  const asked = { inputs: declared?.inputs, outputs: declared?.outputs }
  const reader = threadedReader({ dir, asked: withoutFunctions(asked) })
  return new LogReview(dir, reader, (dataset) => {
    const { gate } = dataset === null ? datasets.root : datasets.of(dataset)
    return gate.callback
  })
}

type Sides = NamedPlace['asked']

/** Where a value comes from says nothing of how it reads, and a function cannot go to a thread. */
function withoutFunctions({ inputs, outputs }: Sides): Sides {
  const plain = (side: Sides['inputs']) =>
    side?.map(({ label, type, role }) => ({ label, type, ...(role && { role }) }))
  return { inputs: plain(inputs), outputs: plain(outputs) }
}

import { join } from 'node:path'
import type { Settings } from '../options/settings.ts'
import type { ReviewStore } from '../review/review-store.ts'
import { type NamedPlace, threadedStore } from '../review/review-thread.ts'
import type { Datasets } from '../sample/datasets.ts'
import type { FlaggingCallback } from '../store/flagging-callback.ts'
import type { RowKey } from '../store/row-key.ts'

/** What the reviewers of one flagging look at and change. */
export class Reviewing {
  readonly store: ReviewStore
  readonly #dir: string
  readonly #datasets: Datasets
  #turn: Promise<unknown> = Promise.resolve()

  constructor({ dir, declared }: Settings, datasets: Datasets) {
    const asked = { inputs: declared?.inputs, outputs: declared?.outputs }
    this.store = threadedStore({ dir, asked: withoutFunctions(asked) })
    this.#dir = dir
    this.#datasets = datasets
  }

  /** The directory of a dataset, by the name of its folder. */
  folderOf(dataset: string | null): string {
    return dataset === null ? this.#dir : join(this.#dir, dataset)
  }

  /** Whether samples of a dataset can be deleted. */
  canRemove(dataset: string | null): boolean {
    return this.#callbackOf(dataset).remove !== undefined
  }

  /** Deletes samples for good and gives how many there were; 0 where the callback cannot. */
  async remove(dataset: string | null, rows: readonly RowKey[]): Promise<number> {
    const callback = this.#callbackOf(dataset)
    return (await callback.remove?.(this.folderOf(dataset), { rows })) ?? 0
  }

  /** Does one thing after the other: what the second changes is what the first left. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  #callbackOf(dataset: string | null): FlaggingCallback {
    const { gate } = dataset === null ? this.#datasets.root : this.#datasets.of(dataset)
    return gate.callback
  }
}

type Sides = NamedPlace['asked']

/** Where a value comes from says nothing of how it reads, and a function cannot go to a thread. */
function withoutFunctions({ inputs, outputs }: Sides): Sides {
  const plain = (side: Sides['inputs']) =>
    side?.map(({ label, type, role }) => ({ label, type, ...(role && { role }) }))
  return { inputs: plain(inputs), outputs: plain(outputs) }
}

import { join } from 'node:path'
import type { Component } from '../components.ts'
import { CallbackGate } from '../store/callback-gate.ts'
import type { CallbackHost } from '../store/callback-host.ts'
import type { FlaggingCallback } from '../store/flagging-callback.ts'
import { InferredColumns } from './inferred-columns.ts'

/** One folder of samples that share a list of components, and the callback that they go to. */
export interface Dataset {
  readonly dir: string
  readonly gate: CallbackGate
  /** What is inferred so far; empty until the first look at what is stored. */
  columns: InferredColumns
  /** The list that the callback was set up with last. */
  setUpWith: readonly Component[] | undefined
  settingUp: Promise<void> | undefined
  /** Set while earlier columns, of an earlier process maybe, are looked up. */
  loading: Promise<void> | undefined
  isLoaded: boolean
}

/** What datasets need to know of their flagging. */
export interface DatasetsContext {
  readonly dir: string
  readonly makeCallback: () => FlaggingCallback
  /** Whether `makeCallback` gives the same object for all datasets. */
  readonly isShared: boolean
  /** Offered to each callback. */
  readonly host: CallbackHost
  readonly reserved: readonly string[]
  readonly limits: { readonly columns: number; readonly endpoints: number }
  readonly onError: (error: unknown) => void
}

const OVERFLOW_ENDPOINT = '_other'

/** The datasets of one flagging: `dir` itself, and one folder per endpoint below it. */
export class Datasets {
  readonly #context: DatasetsContext
  readonly #byName = new Map<string, Dataset>()
  #sharedGate: CallbackGate | undefined
  /** Made to be looked at; the next dataset's. */
  #spareGate: CallbackGate | undefined

  constructor(context: DatasetsContext) {
    this.#context = context
    if (!context.isShared) return
    const callback = context.makeCallback()
    // What other instances ask of it, or an examiner of its store, comes before any sample.
    if (callback.attach) this.#sharedGate = this.#gateOf(callback)
  }

  /** The dataset in `dir` itself. */
  get root(): Dataset {
    return this.#get('')
  }

  /** The dataset of an endpoint, or the one that endpoints over the limit share. */
  of(endpoint: string): Dataset {
    const known = this.#byName.has(endpoint) || this.#byName.size < this.#context.limits.endpoints
    return this.#get(known ? endpoint : OVERFLOW_ENDPOINT)
  }

  /** Whether samples can be deleted: what the callback says, or the first one of those made. */
  get canRemove(): boolean {
    const [known] = this.#byName.values()
    const { callback } = known?.gate ?? (this.#spareGate ??= this.#newGate())
    return callback.remove !== undefined
  }

  /** Looks up what earlier samples were stored with, once; `undefined` if that is done. */
  load(dataset: Dataset): Promise<void> | undefined {
    if (dataset.isLoaded) return undefined
    dataset.loading ??= this.#loadKnown(dataset).then(
      () => {
        dataset.isLoaded = true
      },
      (error: unknown) => {
        dataset.loading = undefined
        throw error
      },
    )
    return dataset.loading
  }

  /** Sets the callback up with these components unless it has been; `undefined` if it has. */
  setUp(dataset: Dataset, components: readonly Component[]): Promise<void> | undefined {
    if (dataset.setUpWith === components) return dataset.settingUp
    dataset.setUpWith = components
    const settingUp = dataset.gate.setup(components, dataset.dir).then(
      () => {
        if (dataset.settingUp === settingUp) dataset.settingUp = undefined
      },
      (error: unknown) => {
        if (dataset.setUpWith === components) dataset.setUpWith = undefined
        if (dataset.settingUp === settingUp) dataset.settingUp = undefined
        throw error
      },
    )
    dataset.settingUp = settingUp
    return settingUp
  }

  /** Closes every callback once. */
  async close(): Promise<void> {
    const gates = new Set([...this.#byName.values()].map((dataset) => dataset.gate))
    for (const gate of [this.#spareGate, this.#sharedGate]) if (gate) gates.add(gate)
    for (const gate of gates) await gate.close()
  }

  #get(name: string): Dataset {
    let dataset = this.#byName.get(name)
    if (!dataset) {
      const gate = this.#gate()
      const reserved = [...this.#context.reserved, ...(gate.callback.columns ?? [])]
      dataset = {
        dir: name === '' ? this.#context.dir : join(this.#context.dir, name),
        gate,
        columns: new InferredColumns([], this.#context.limits.columns, reserved),
        setUpWith: undefined,
        settingUp: undefined,
        loading: undefined,
        isLoaded: gate.callback.known === undefined,
      }
      this.#byName.set(name, dataset)
    }
    return dataset
  }

  #gate(): CallbackGate {
    const spare = this.#spareGate
    this.#spareGate = undefined
    return spare ?? this.#newGate()
  }

  #newGate(): CallbackGate {
    if (this.#sharedGate) return this.#sharedGate
    const gate = this.#gateOf(this.#context.makeCallback())
    if (this.#context.isShared) this.#sharedGate = gate
    return gate
  }

  #gateOf(callback: FlaggingCallback): CallbackGate {
    callback.onError ??= this.#context.onError
    callback.attach?.(this.#context.host)
    return new CallbackGate(callback)
  }

  async #loadKnown(dataset: Dataset): Promise<void> {
    const { columns: limit } = this.#context.limits
    const { gate, dir } = dataset
    const known = await gate.callback.known?.(dir)
    if (!known || known.length > limit) return
    const reserved = [...this.#context.reserved, ...(gate.callback.columns ?? [])]
    dataset.columns = new InferredColumns(known, limit, reserved)
  }
}

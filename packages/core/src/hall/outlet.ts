import type { Decoder } from '../capture/decoder.ts'
import type { RedactRules } from '../capture/decoded.ts'
import type { Exchange } from '../capture/exchange.ts'
import { FlaggingError } from '../errors.ts'
import { flagDetails } from './flag-details.ts'
import { caught, isThenable } from '../caught.ts'
import type { FlagEvent } from '../options/flagging-options.ts'
import type { CheckedFlag } from './flag-request.ts'
import type { Declared } from '../options/declared.ts'
import type { ColumnRules } from '../sample/declared-columns.ts'
import type { Dataset, Datasets } from '../sample/datasets.ts'
import { type DecodeContext, type Parts, decodeExchange } from '../sample/decode-exchange.ts'
import { type SampleFacts, type Sampled, redactedSlots, sample } from '../sample/sampler.ts'
import { type Slot, flagDataOf } from '../sample/slot.ts'
import type { Interaction } from '../sample/interaction.ts'
import type { Settings } from '../options/settings.ts'
import type { Component } from '../components.ts'
import type { DiskGuard } from '../store/disk-guard.ts'
import { endpointFolder } from '../store/label-folder.ts'

/** How the interactions of one mounted middleware become samples. */
export interface SamplePlan {
  readonly declared: Declared | undefined
  /** Whether its samples lie in a folder of the endpoint, not in `dir` itself. */
  readonly ownFolder: boolean
  readonly when: ((interaction: Interaction) => boolean) | undefined
  readonly redact: RedactRules
}

/** An interaction to be stored. */
export interface Order {
  readonly exchange: Exchange
  readonly plan: SamplePlan
  /** What a flag by hand says; `undefined` for automatic logging. */
  readonly flag: CheckedFlag | undefined
  readonly username: string | null
}

/** What the outlet shares with the hall. */
export interface OutletContext {
  readonly settings: Settings
  readonly datasets: Datasets
  readonly decoder: Decoder
  readonly guard: DiskGuard
  readonly onError: (error: unknown) => void
}

/** What the samples of one plan have in common. */
interface Work {
  readonly decoding: DecodeContext
  readonly rules: ColumnRules
}

const SUBMITTED = /^(POST|PUT|PATCH)$/
const REMEMBERED_ENDPOINTS = 1000

/** The way from an ended interaction to the callback. */
export class Outlet {
  readonly #context: OutletContext
  readonly #work = new WeakMap<SamplePlan, Work>()
  /** Folders of endpoints by pattern, then by method. */
  readonly #endpoints = new Map<string, Map<string, string>>()
  readonly #reportedGone = new Set<string>()

  constructor(context: OutletContext) {
    this.#context = context
  }

  /**
   * Stores an interaction and gives the number of samples of its dataset; `undefined` if `when`
   * refuses it. It waits only for what it must: with many samples at a time each promise counts.
   * @throws what it would reject with, where it did not come to wait for anything
   */
  store(order: Order): Promise<number | undefined> | undefined {
    const checking = this.checkDisk()
    return checking ? checking.then(() => this.#decode(order)) : this.#decode(order)
  }

  #decode(order: Order): Promise<number | undefined> | undefined {
    const decoded = decodeExchange(order.exchange, this.#workOf(order.plan).decoding)
    return decoded instanceof Promise
      ? decoded.then((parts) => this.#find(order, parts))
      : this.#find(order, decoded)
  }

  #find(order: Order, parts: Parts): Promise<number | undefined> | undefined {
    const { exchange, plan } = order
    // Given up meanwhile: then nothing of it is there any longer.
    if (exchange.fault !== undefined) throw exchange.fault as Error
    const { datasets } = this.#context
    const endpoint = this.#endpointOf(exchange)
    const dataset = this.#datasetOf(plan, endpoint)
    const loading = plan.declared ? undefined : datasets.load(dataset)
    return loading
      ? loading.then(() => this.#lay(order, parts, endpoint, dataset))
      : this.#lay(order, parts, endpoint, dataset)
  }

  /** From here to the callback nothing waits, so columns widen in the order of their setups. */
  #lay(
    { exchange, plan, flag, username }: Order,
    parts: Parts,
    endpoint: string,
    dataset: Dataset,
  ): Promise<number> | undefined {
    const { settings } = this.#context
    const { rules } = this.#workOf(plan)
    let sampled = sample(exchange, parts, endpoint, plan.declared ?? dataset.columns, rules)
    if (!this.#accepts(sampled, plan, flag !== undefined || settings.mode === 'manual')) {
      return undefined
    }
    if (typeof settings.redact === 'function') {
      sampled = sampled.with(redactedSlots(sampled, settings.redact))
    }
    if (sampled.columns) dataset.columns = sampled.columns
    return this.put(dataset, sampled.components, sampled.slots, sampled.facts, flag, username)
  }

  /** Rejects while the disk is too full; `undefined` where a fresh look found room. */
  checkDisk(): Promise<void> | undefined {
    const { settings, guard } = this.#context
    return settings.sharedCallback?.usesDisk === false ? undefined : guard.check()
  }

  /**
   * Hands values to the callback of a dataset.
   * @param once what a retry of the flag has in common with it; by default, what the flag says
   */
  put(
    dataset: Dataset,
    components: readonly Component[],
    slots: readonly Slot[],
    facts: SampleFacts,
    flag: CheckedFlag | undefined,
    username: string | null,
    once?: string,
  ): Promise<number> {
    const { settings, datasets } = this.#context
    const details = flagDetails(dataset, components, slots, facts, flag, username, settings, once)
    const flagData = flagDataOf(slots)
    const option = flag?.option ?? null
    const stored = dataset.gate.flag(
      datasets.setUp(dataset, components),
      flagData,
      settings.hasOptions ? option : undefined,
      settings.username ? username : undefined,
      details,
    )
    if (settings.onFlag === undefined) return stored
    return stored.then((count) => {
      this.#tell({ count, flagData, option, username, details })
      return count
    })
  }

  /** Deletes the samples of an interaction, of one user or of whomever; gives how many there were. */
  takeBack(
    exchange: Exchange,
    plan: SamplePlan,
    username: string | null | undefined,
  ): Promise<number> {
    const { gate, dir } = this.#datasetOf(plan, this.#endpointOf(exchange))
    return gate.remove(dir, { id: exchange.id, username })
  }

  #datasetOf(plan: SamplePlan, endpoint: string): Dataset {
    const { datasets } = this.#context
    return plan.declared && !plan.ownFolder ? datasets.root : datasets.of(endpoint)
  }

  #workOf(plan: SamplePlan): Work {
    let work = this.#work.get(plan)
    if (work === undefined) {
      const { decoder, settings } = this.#context
      const { redact } = plan
      const bodyGone = (gone: Exchange) => this.#reportGone(gone)
      work = {
        decoding: { decoder, redact, limits: settings.limits, bodyGone },
        rules: { maxFileBytes: settings.limits.fileBytes, redact },
      }
      this.#work.set(plan, work)
    }
    return work
  }

  #accepts(sampled: Sampled, plan: SamplePlan, byHand: boolean): boolean {
    if (plan.when) {
      try {
        return decided(plan.when(sampled.interaction()), this.#context.onError)
      } catch (error) {
        this.#context.onError(error)
        return false
      }
    }
    const { method, status, ended } = sampled.facts
    const counts = plan.declared ? sampled.anyInput : SUBMITTED.test(method)
    const succeeded = status >= 200 && status <= 299
    return counts && succeeded && (ended === 'complete' || (byHand && ended === 'aborted'))
  }

  #endpointOf({ facts: { method }, answer }: Exchange): string {
    const pattern = answer?.pattern ?? '/'
    let folders = this.#endpoints.get(pattern)
    const known = folders?.get(method)
    if (known !== undefined) return known
    const endpoint = endpointFolder(method, pattern)
    if (folders === undefined && this.#endpoints.size < REMEMBERED_ENDPOINTS) {
      this.#endpoints.set(pattern, (folders = new Map()))
    }
    if (folders && folders.size < REMEMBERED_ENDPOINTS) folders.set(method, endpoint)
    return endpoint
  }

  #reportGone(exchange: Exchange): void {
    const endpoint = this.#endpointOf(exchange)
    if (this.#reportedGone.has(endpoint)) return
    if (this.#reportedGone.size < REMEMBERED_ENDPOINTS) this.#reportedGone.add(endpoint)
    this.#context.onError(
      new FlaggingError(
        'ERR_FLAGGING_BODY_GONE',
        `The request body of '${endpoint}' was read before flagging saw it and nothing is left of ` +
          'it, so its inputs are empty: mount flagging before what reads the body.',
      ),
    )
  }

  #tell(event: FlagEvent): void {
    try {
      caught(this.#context.settings.onFlag?.(event), this.#context.onError)
    } catch (error) {
      this.#context.onError(error)
    }
  }
}

function decided(result: unknown, onError: (error: unknown) => void): boolean {
  caught(result, onError)
  if (!isThenable(result)) return Boolean(result)
  throw new FlaggingError('ERR_FLAGGING_OPTION', '`when` must answer at once, not with a promise.')
}

import type { Decoder } from '../capture/decoder.ts'
import type { RedactRules } from '../capture/decoded.ts'
import type { Exchange } from '../capture/exchange.ts'
import { FlaggingError } from '../errors.ts'
import { caught, isThenable } from '../caught.ts'
import type { FlagEvent } from '../options/flagging-options.ts'
import type { CheckedFlag } from './flag-request.ts'
import type { Declared } from '../options/declared.ts'
import type { ColumnRules } from '../sample/declared-columns.ts'
import type { Dataset, Datasets } from '../sample/datasets.ts'
import { type DecodeContext, decodeExchange } from '../sample/decode-exchange.ts'
import { type SampleFacts, type Sampled, redactedSlots, sample } from '../sample/sampler.ts'
import { type Slot, flagDataOf } from '../sample/slot.ts'
import type { Interaction } from '../sample/interaction.ts'
import type { Settings } from '../options/settings.ts'
import type { Component } from '../components.ts'
import type { DiskGuard } from '../store/disk-guard.ts'
import type { FlagDetails } from '../store/flagging-callback.ts'
import { endpointFolder } from '../store/label-folder.ts'

/** How the interactions of one mounted middleware become samples. */
export interface SamplePlan {
  readonly declared: Declared | undefined
  /** Whether its samples lie in a folder of the endpoint, not in `dir` itself. */
  readonly ownFolder: boolean
  readonly when: ((interaction: Interaction) => boolean) | undefined
  readonly redact: RedactRules
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
  readonly #endpoints = new Map<string, string>()
  readonly #reportedGone = new Set<string>()

  constructor(context: OutletContext) {
    this.#context = context
  }

  /**
   * Stores an interaction and gives the number of samples of its dataset; `undefined` if `when`
   * refuses it.
   * @param flag what a flag by hand says; `undefined` for automatic logging
   */
  async store(
    exchange: Exchange,
    plan: SamplePlan,
    flag: CheckedFlag | undefined,
    username: string | null,
  ): Promise<number | undefined> {
    const { datasets, settings } = this.#context
    const checking = this.checkDisk()
    if (checking) await checking
    const { decoding, rules } = this.#workOf(plan)
    const decoded = decodeExchange(exchange, decoding)
    const parts = decoded instanceof Promise ? await decoded : decoded
    // Given up meanwhile: then nothing of it is there any longer.
    if (exchange.fault !== undefined) throw exchange.fault as Error
    const endpoint = this.#endpointOf(exchange)
    const { declared } = plan
    const dataset = declared && !plan.ownFolder ? datasets.root : datasets.of(endpoint)
    const loading = declared ? undefined : datasets.load(dataset)
    if (loading) await loading
    // From here to the callback nothing waits, so columns widen in the order of their setups.
    let sampled = sample(exchange, parts, endpoint, declared ?? dataset.columns, rules)
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
    return this.#context.guard.check()
  }

  /** Hands values to the callback of a dataset. */
  async put(
    dataset: Dataset,
    components: readonly Component[],
    slots: readonly Slot[],
    facts: SampleFacts,
    flag: CheckedFlag | undefined,
    username: string | null,
  ): Promise<number> {
    const { settings, datasets } = this.#context
    const details = detailsOf(dataset, components, slots, facts, flag, settings)
    const flagData = flagDataOf(slots)
    const option = flag?.option ?? null
    const count = await dataset.gate.flag(
      datasets.setUp(dataset, components),
      flagData,
      settings.hasOptions ? option : undefined,
      settings.username ? username : undefined,
      details,
    )
    if (typeof count !== 'number') {
      throw new FlaggingError(
        'ERR_FLAGGING_CALLBACK',
        "The callback's `flag` must give the number of samples of its dataset.",
      )
    }
    if (settings.onFlag) this.#tell({ count, flagData, option, username, details })
    return count
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
    const key = `${method} ${pattern}`
    let endpoint = this.#endpoints.get(key)
    if (endpoint === undefined) {
      endpoint = endpointFolder(method, pattern)
      if (this.#endpoints.size < REMEMBERED_ENDPOINTS) this.#endpoints.set(key, endpoint)
    }
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

function detailsOf(
  { dir }: Dataset,
  components: readonly Component[],
  slots: readonly Slot[],
  facts: SampleFacts,
  flag: CheckedFlag | undefined,
  settings: Settings,
): FlagDetails {
  const details: Writable<FlagDetails> = {
    components,
    dir,
    id: facts.id,
    endpoint: facts.endpoint,
    method: facts.method,
    status: facts.status,
    startedAt: facts.startedAt,
    duration: facts.duration,
    ended: facts.ended,
    truncated: facts.truncated,
  }
  if (settings.comment) details.comment = flag?.comment ?? null
  if (settings.correction) details.correction = flag?.correction ?? null
  if (flag?.correctionJSON !== undefined) details.correctionJSON = flag.correctionJSON
  for (const { json } of slots) {
    if (json === undefined) continue
    details.json = slots.map((slot) => slot.json)
    break
  }
  return details
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

function decided(result: unknown, onError: (error: unknown) => void): boolean {
  caught(result, onError)
  if (!isThenable(result)) return Boolean(result)
  throw new FlaggingError('ERR_FLAGGING_OPTION', '`when` must answer at once, not with a promise.')
}

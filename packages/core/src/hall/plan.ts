import type { Exchange, Plan } from '../capture/exchange.ts'
import { type KeptBody, type LeftBody, keepLeftBody } from '../capture/left-body.ts'
import { redactRules } from '../capture/redact-rules.ts'
import type { Hall } from './hall.ts'
import type { FlaggingOverrides } from '../options/flagging-options.ts'
import type { SamplePlan } from './outlet.ts'
import { type Declared, resolveComponents } from '../options/declared.ts'
import { checkOverrides } from '../options/settings.ts'
import { nodeFileSystem } from '../store/node-file-system.ts'

/** What an adapter mounts: how exchanges that pass one middleware are treated. */
export interface MountedPlan extends Plan, SamplePlan {
  readonly owner: Hall
  /** `false` where an exchange is left out, unless a middleware further in takes it. */
  readonly captures: boolean
  /** Whether a request of this method may become a sample: others need no tap. */
  wants(method: string): boolean
}

const SUBMITTED = /^(POST|PUT|PATCH)$/

/** What a framework can tell of a request that was read before us. */
export type LeftBodyReader = (
  target: object,
) => LeftBody | undefined | Promise<LeftBody | undefined>

/**
 * How a middleware treats what passes it.
 * @param overrides what it says otherwise than its flagging
 * @param leftBody asked where a body was read before the tap was set
 * @param leftInTheEnd asked when the answer has ended, where nothing was left before
 */
export function makePlan(
  hall: Hall,
  overrides: FlaggingOverrides | undefined,
  leftBody: LeftBodyReader,
  leftInTheEnd?: LeftBodyReader,
): MountedPlan {
  const { settings } = hall
  if (overrides) checkOverrides(overrides)
  const own = overrides && resolveComponents(overrides.inputs, overrides.outputs)
  const declared = own ?? settings.declared
  const when = overrides?.when ?? settings.when
  const never = settings.mode === 'never' || overrides?.mode === 'never'
  const anyMethod = when !== undefined || declared !== undefined
  return {
    owner: hall,
    declared,
    ownFolder: own !== undefined,
    when,
    redact: redactRules(settings.redact, declared?.all ?? []),
    captures: !never,
    issuesIds: !never && settings.mode === 'manual',
    recorder: hall.recorder,
    wants: (method) => !never && !hall.isClosed && (anyMethod || SUBMITTED.test(method)),
    mayIssueId: (exchange) =>
      !hall.isClosed && (when !== undefined || mayCount(exchange, declared)),
    opened: (exchange) => hall.hold(exchange),
    answered: (exchange) => {
      if (leftInTheEnd && exchange.left) keepLeftInTheEnd(hall, exchange, leftInTheEnd)
      if (!never) hall.answered(exchange)
    },
    ended: (exchange) => {
      if (never) exchange.release()
      else hall.ended(exchange)
    },
    abandoned: (exchange, fault) => hall.abandoned(exchange, fault),
    missed: (exchange) => keepLeft(hall, exchange, leftBody),
    onError: (error) => hall.report(error),
  }
}

/** Kept at once where it can be: the handler may change what was left. */
function keepLeft(hall: Hall, exchange: Exchange, leftBody: LeftBodyReader): void {
  exchange.left = reported(hall, keptOf(hall, exchange.target as object, leftBody))
}

/** A body that was read and passed on may have been kept by whoever read it in the end. */
function keepLeftInTheEnd(hall: Hall, exchange: Exchange, leftBody: LeftBodyReader): void {
  const { left, target } = exchange
  exchange.left = reported(
    hall,
    (async () => (await left) ?? (await keptOf(hall, target as object, leftBody)))(),
  )
}

async function keptOf(
  hall: Hall,
  target: object,
  leftBody: LeftBodyReader,
): Promise<KeptBody | undefined> {
  const given = leftBody(target)
  const left = given instanceof Promise ? await given : given
  return left && keepLeftBody(left, hall.recorder, nodeFileSystem)
}

async function reported<T>(hall: Hall, kept: Promise<T>): Promise<T | undefined> {
  try {
    return await kept
  } catch (error) {
    hall.report(error)
    return undefined
  }
}

/** Whether a request may count, as far as is known when the response head is written. */
function mayCount(exchange: Exchange, declared: Declared | undefined): boolean {
  const { facts } = exchange
  const { method, url } = facts
  // What a body holds is found out later: a request with one may count.
  if (SUBMITTED.test(method) || exchange.request !== undefined) return true
  if (!declared) return false
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')
  const { params } = facts.route(exchange.target as object)
  return declared.inputs.some(({ label, from = label }) => {
    if (typeof from === 'function') return true
    const name = typeof from === 'string' ? from : (Object.values(from)[0] as string)
    return query.has(name) || Object.hasOwn(params, name)
  })
}

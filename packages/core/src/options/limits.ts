import { badOption } from './bad-option.ts'

/** Caps that hold whatever clients send. Sizes are in bytes. */
export interface Limits {
  /** Kept of one body. Default 32 MiB. */
  readonly bodyBytes: number
  /** Kept of one file. Default 32 MiB. */
  readonly fileBytes: number
  /** Kept of one interaction, decoded. Default 64 MiB. */
  readonly interactionBytes: number
  /** Files of an interaction. Default 20. */
  readonly files: number
  /** Fields of a form. Default 256. */
  readonly fields: number
  /** Columns of an inferred dataset; further fields share one JSON column. Default 64. */
  readonly columns: number
  /** Inferred datasets; further endpoints share `_other`. Default 64. */
  readonly endpoints: number
  /** Interactions that may still be flagged. Default 50,000. */
  readonly held: number
  /** Recorded bodies in memory, of running, waiting and held interactions. Default 64 MiB. */
  readonly heldBytes: number
  /** Recorded bodies in spill files. Default 1 GiB. */
  readonly spillBytes: number
  /** Seconds for which an interaction may be flagged. Default 900. */
  readonly heldSeconds: number
  /**
   * Samples that wait for the callback. Over it, automatic ones are dropped, newest first; flags by
   * hand wait for five seconds and are then refused. Default 10,000.
   */
  readonly queue: number
  /** Recorded bytes of samples that wait for the callback. Default 64 MiB. */
  readonly queueBytes: number
  /** What `dir` may grow to. Default: no limit. */
  readonly dirBytes: number
  /** What must stay free on the disk of `dir`. Default 100 MiB. */
  readonly minFreeBytes: number
}

const MIB = 1024 * 1024

const DEFAULTS: Limits = {
  bodyBytes: 32 * MIB,
  fileBytes: 32 * MIB,
  interactionBytes: 64 * MIB,
  files: 20,
  fields: 256,
  columns: 64,
  endpoints: 64,
  held: 50_000,
  heldBytes: 64 * MIB,
  spillBytes: 1024 * MIB,
  heldSeconds: 900,
  queue: 10_000,
  queueBytes: 64 * MIB,
  dirBytes: Number.POSITIVE_INFINITY,
  minFreeBytes: 100 * MIB,
}

/** The limits with their defaults; throws `ERR_FLAGGING_OPTION` for an unknown name or a bad value. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw badOption(
        `Unknown limit '${name}'. The limits are ${Object.keys(DEFAULTS).join(', ')}.`,
      )
    }
    const least = name === 'columns' ? 2 : name === 'minFreeBytes' ? 0 : 1
    if (typeof value !== 'number' || !(value >= least)) {
      throw badOption(`The limit '${name}' must be a number of at least ${least}.`)
    }
  }
  return { ...DEFAULTS, ...given }
}

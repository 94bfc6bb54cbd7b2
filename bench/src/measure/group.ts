import type { Settings } from './contestant.ts'

/** One of those that are compared. */
export interface Entry {
  readonly name: string
  readonly settings: Settings
  /** The entry that it is measured against. Default: the first of its group. */
  readonly against?: string
  /** How often its rounds do what is measured. Default: what the group says. */
  readonly count?: number
  /** Whether `--quick` leaves it out. */
  readonly onlyWhole?: boolean
  /** Where it lies in a plot of how costs grow: on which line, and how far to the right. */
  readonly point?: { readonly line: string; readonly x: number }
}

/** A figure of the readings that is shown. */
export interface Measure {
  /** Its name in a reading. */
  readonly of: string
  readonly title: string
  /** What differences are told in: as they are, or by what they are measured against. */
  readonly against: 'difference' | 'ratio' | 'nothing'
}

/** Entries that are played in turn. */
export interface Group {
  readonly name: string
  /** What is counted. */
  readonly unit: string
  /** The module that exports `make`, from the folder of contestants. */
  readonly module: string
  readonly entries: readonly Entry[]
  readonly measures: readonly Measure[]
  /** How often a round does it. */
  readonly count: number
  /** Rounds that are measured, and those before them that are not. */
  readonly rounds: number
  readonly warmUp: number
  /** How many rounds `--quick` plays; 0 leaves the group out. */
  readonly quick: number
  /** What a round does in `--quick`. Default: `count`. */
  readonly quickCount?: number
}

/** CPU time of the contestant's process, all threads, in microseconds. */
export const CPU: Measure = { of: 'cpu', title: 'CPU us', against: 'difference' }
/** Time that passed, in microseconds. */
export const TIME: Measure = { of: 'wall', title: 'time us', against: 'ratio' }
/** The most memory that the process has had, in MiB. */
export const PEAK: Measure = { of: 'peak', title: 'peak RSS MiB', against: 'difference' }
/** Until the first byte of an answer has come, in milliseconds. */
export const FIRST_BYTE: Measure = { of: 'firstByte', title: 'first byte ms', against: 'ratio' }
/** What the garbage collector leaves, in KiB. */
export const HEAP: Measure = { of: 'heap', title: 'heap KiB', against: 'difference' }
/** How many of the exchanges were not stored, in percent: what is dropped costs less. */
export const LOST: Measure = { of: 'lost', title: 'lost %', against: 'nothing' }

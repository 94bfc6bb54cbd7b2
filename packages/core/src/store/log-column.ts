import type { Component, ComponentType } from '../components.ts'
import type { FlagValue } from '../sample/flag-value.ts'
import type { CellMode } from './cells.ts'
import type { Asked } from './read-options.ts'

/** A value that was looked up on the disk. */
export interface FoundValue {
  readonly value: FlagValue
  /** Whether a file that belongs to it is gone. */
  readonly missing: boolean
}

/** Gives what a cell holds; throws or rejects with a bad row where that cannot be had. */
export type CellReader = (cell: string) => FlagValue | Promise<FoundValue>

/** The part of a sample that a column belongs to. */
export type Side = 'inputs' | 'outputs'

/** How one column of a log is read. */
export interface LogColumn {
  /** Its label; for `details` one of our own columns' names. */
  readonly label: string
  /** Where its values go; `undefined` where nobody asked for them. */
  readonly part: Side | 'details' | undefined
  readonly read: CellReader
  /** What its component says it is; `any` where that is not known. */
  readonly type?: ComponentType
  /** Set where `read` does no more than `decodeCell` in this mode, unless a cell names files. */
  readonly mode?: CellMode
}

/** The side that was asked for a label, with the type that was asked for. */
export function askedAs(label: string, { inputs, outputs }: Asked): Component | undefined {
  const isIt = (component: Component): boolean => component.label === label
  return inputs?.find(isIt) ?? outputs?.find(isIt)
}

/**
 * Which side each column belongs to: the one that was asked for, the other one if only one side was
 * given, else the usual one.
 */
export function sidesOf(
  labels: readonly string[],
  asked: Asked,
  usual: (label: string, index: number) => Side,
): (Side | undefined)[] {
  return labels.map((label, index) => {
    const role = askedAs(label, asked)?.role
    if (role !== undefined) return role === 'input' ? 'inputs' : 'outputs'
    if (asked.inputs !== undefined) return asked.outputs === undefined ? 'outputs' : undefined
    return asked.outputs === undefined ? usual(label, index) : 'inputs'
  })
}

/** The type that was asked for; `any` where none was. */
export function askedType(label: string, asked: Asked): ComponentType {
  return askedAs(label, asked)?.type ?? 'any'
}

/** Labels of which none is the same as another: a name that is taken gets ` 2`. */
export function uniqueLabels(labels: readonly string[]): string[] {
  const taken = new Set<string>()
  return labels.map((label) => {
    let unique = label
    for (let count = 2; taken.has(unique); count++) unique = `${label} ${count}`
    taken.add(unique)
    return unique
  })
}

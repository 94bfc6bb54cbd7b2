import type { Component, ComponentSource, ComponentType, JSONValue } from '@flagging/core'

/** A component as a dataset keeps it. */
export interface StoredComponent {
  /** Under what its values stand in the rows; no other component of the dataset has it. */
  readonly key: string
  /** Its label, as near as a jsonb can hold it. */
  readonly label: string
  readonly type: ComponentType
  readonly role: 'input' | 'output'
  readonly from?: ComponentSource
  /** The JSON text of its label and source, where a jsonb cannot hold them. */
  readonly exact?: string
}

/** A row of the table `datasets`. */
export interface StoredDataset {
  readonly id: number
  /** The folder of its endpoint; the empty string for the flagged directory itself. */
  readonly folder: string
  /** All that its samples have had, in the order in which they came. */
  readonly components: readonly StoredComponent[]
  readonly samples: number
}

/** What the table `datasets` is asked for. */
export const DATASET_COLUMNS = 'id, folder, components, samples'

/** A file in the column `files` of a sample. */
export interface StoredFile {
  /** Where its store finds it. */
  readonly key: string
  readonly name: string | null
  readonly type: string
  readonly size: number
  readonly sha256: string
  readonly spilled?: 'txt' | 'json'
  /** The JSON texts of its name and type, where a jsonb cannot hold them. */
  readonly exact?: { readonly name?: string; readonly type?: string }
}

/** The texts of a sample that may be no texts for PostgreSQL. */
export type TextColumn = 'endpoint' | 'method' | 'interaction' | 'option' | 'username' | 'comment'

/** The column `exact`: JSON texts of what the other columns hold only nearly. */
export type ExactColumn = {
  readonly [Name in TextColumn | 'correction']?: string
} & {
  /** By key of component. */
  readonly values?: Readonly<Record<string, string>>
  /** `null`: nobody knows when its request came in. */
  readonly timestamp?: 'null'
}

/** A row of the table `samples`, as `pg` gives it. */
export interface StoredRow {
  readonly id: string
  readonly at: Date
  readonly dataset: number
  readonly seq: number
  readonly endpoint: string | null
  readonly method: string | null
  readonly interaction: string | null
  readonly status: number | null
  readonly duration: number | null
  readonly ended: string | null
  readonly truncated: boolean | null
  readonly by_hand: boolean | null
  readonly option: string | null
  readonly username: string | null
  readonly comment: string | null
  readonly correction: JSONValue
  readonly inputs: Readonly<Record<string, JSONValue>>
  readonly outputs: Readonly<Record<string, JSONValue>>
  /** By key of component. */
  readonly files: Readonly<Record<string, readonly StoredFile[]>> | null
  readonly exact: ExactColumn | null
  readonly reviewed: boolean
  readonly note: string | null
  readonly reviewed_by: string | null
  readonly reviewed_at: Date | null
}

/** What the table `samples` is asked for to get {@link StoredRow}s. */
export const ROW_COLUMNS: string =
  'id, at, dataset, seq, endpoint, method, interaction, status, duration, ended, truncated, ' +
  'by_hand, option, username, comment, correction, inputs, outputs, files, exact, reviewed, note, ' +
  'reviewed_by, reviewed_at'

/** A component as it was when its samples were stored. */
export function componentOf({ label, type, role, from, exact }: StoredComponent): Component {
  const said = exact === undefined ? { label, from } : (JSON.parse(exact) as Said)
  return said.from === undefined
    ? { label: said.label, type, role }
    : { label: said.label, type, role, from: said.from }
}

type Said = Pick<Component, 'label' | 'from'>

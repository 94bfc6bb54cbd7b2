/** Our own columns that `new CSVLogger({ columns })` may ask for. */
export const DETAIL_COLUMNS = [
  'timestamp',
  'id',
  'endpoint',
  'status',
  'duration',
  'ended',
  'truncated',
] as const

/** A column of our own that can be asked for. */
export type DetailColumn = (typeof DETAIL_COLUMNS)[number]

/** Our own columns that are there where their value is given, in this order; no component may take their names. */
export const OPTIONAL_COLUMNS = ['flag_option', 'username', 'comment', 'correction'] as const

/** A column of our own. */
export type OwnColumn = (typeof OPTIONAL_COLUMNS)[number] | DetailColumn

/** All columns of our own that a log may have. */
export const ALL_OWN_COLUMNS: readonly OwnColumn[] = [...OPTIONAL_COLUMNS, ...DETAIL_COLUMNS]

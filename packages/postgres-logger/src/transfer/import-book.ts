import type { Database, Query } from '../database/database.ts'

/** How far a log has been imported. */
export interface LogPosition {
  /** The time of samples that name none: when the log was written, when its import began. */
  readonly writtenAt: Date
  /** Where its last row starts that is stored; `null` where none is. */
  readonly start: number | null
  /** The id of that row. */
  readonly id: string | null
  /** How many of its rows are stored. */
  readonly samples: number
}

/** What a batch adds to a log that is imported. */
export interface LogStep {
  readonly log: string
  readonly start: number
  readonly id: string
  readonly samples: number
}

interface PositionRow {
  readonly log: string
  readonly at: Date
  readonly start: number | null
  readonly last: string | null
  readonly samples: number
}

/** How far the logs of one source have been imported, as the database itself says. */
export class ImportBook {
  readonly #database: Database
  readonly #source: string
  readonly #positions: Map<string, LogPosition>

  private constructor(database: Database, source: string, rows: readonly PositionRow[]) {
    this.#database = database
    this.#source = source
    this.#positions = new Map(rows.map((row) => [row.log, positionOf(row)]))
  }

  /** Opens the book of a source; an empty one where nothing of it was ever imported. */
  static async open(database: Database, source: string): Promise<ImportBook> {
    const rows = await database.query<PositionRow>(
      `select log, at, start, last, samples from ${database.schema}.imports where source = $1`,
      [source],
    )
    return new ImportBook(database, source, rows)
  }

  /** Samples that were stored before. */
  get samples(): number {
    let samples = 0
    for (const position of this.#positions.values()) samples += position.samples
    return samples
  }

  /** Where to go on in each log: at the last row that is stored. */
  get offsets(): ReadonlyMap<string, number> {
    const offsets = new Map<string, number>()
    for (const [log, { start }] of this.#positions) if (start !== null) offsets.set(log, start)
    return offsets
  }

  /** What was known of a log when the book was opened, or its import began. */
  of(log: string): LogPosition | undefined {
    return this.#positions.get(log)
  }

  /**
   * Begins with a log. Whoever begins first says what the time of its samples is: it stays the same
   * however often the log grows.
   */
  async begin(log: string, writtenAt: Date): Promise<LogPosition> {
    const [row] = await this.#database.query<PositionRow>(
      `insert into ${this.#database.schema}.imports as i (source, log, at) values ($1, $2, $3)
        on conflict (source, log) do update set at = i.at
        returning log, at, start, last, samples`,
      [this.#source, log, writtenAt.toISOString()],
    )
    const position = row === undefined ? { ...NOTHING, writtenAt } : positionOf(row)
    this.#positions.set(log, position)
    return position
  }

  /** Notes how far logs have come; to be done in the transaction that stores the rows. */
  async note(query: Query, steps: readonly LogStep[]): Promise<void> {
    await query(
      `update ${this.#database.schema}.imports i
        set start = step.start, last = step.id, samples = i.samples + step.samples
        from json_to_recordset($2::json) as step (log text, start bigint, id uuid, samples bigint)
        where i.source = $1 and i.log = step.log and step.start > coalesce(i.start, -1)`,
      [this.#source, JSON.stringify(steps)],
    )
  }
}

const NOTHING = { start: null, id: null, samples: 0 }

function positionOf({ at, start, last, samples }: PositionRow): LogPosition {
  return { writtenAt: at, start, id: last, samples }
}

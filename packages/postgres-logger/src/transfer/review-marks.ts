import {
  DatasetMarks,
  type Mark,
  bytesOf,
  nodeFileSystem,
  pathSource,
  rowHash,
} from '@flagging/core/store'
import type { Query } from '../database/database.ts'
import type { ImportRow } from './import-batch.ts'

interface MarkedRow extends Mark {
  readonly id: string
  readonly time: string
}

/** What reviewers said of the rows of a directory, on its way into the database. */
export class ReviewMarks {
  readonly #dir: string
  readonly #schema: string
  readonly #datasets = new Map<string, DatasetMarks>()

  /** @param schema as it stands in SQL */
  constructor(dir: string, schema: string) {
    this.#dir = dir
    this.#schema = schema
  }

  /**
   * Looks up what was said of rows. What it gives says so of their samples, in the transaction that
   * stores them; what was said of a sample in the database stays.
   */
  async of(rows: readonly ImportRow[]): Promise<(query: Query) => Promise<void>> {
    const marked: MarkedRow[] = []
    for (const { log, start, end, record } of rows) {
      const mark = await this.#markOf(record.folder, log, start, end)
      if (mark !== undefined) marked.push({ ...mark, id: record.id, time: record.at.toISOString() })
    }
    return async (query) => {
      if (marked.length > 0) await query(this.#update(), [JSON.stringify(marked)])
    }
  }

  async #markOf(
    folder: string,
    log: string,
    start: number,
    end: number,
  ): Promise<Mark | undefined> {
    const marks = await this.#marks(folder)
    if (marks.size === 0) return undefined
    const row = pathSource(nodeFileSystem, `${this.#dir}/${log}`, end - start, start)
    return marks.of(rowHash(await bytesOf(row)))
  }

  async #marks(folder: string): Promise<DatasetMarks> {
    let marks = this.#datasets.get(folder)
    if (marks === undefined) {
      marks = new DatasetMarks(nodeFileSystem, `${this.#dir}/${folder}`)
      this.#datasets.set(folder, marks)
      await marks.refresh()
    }
    return marks
  }

  #update(): string {
    return `update ${this.#schema}.samples s
      set reviewed = mark.reviewed, note = mark.note, reviewed_by = mark."by", reviewed_at = mark.at
      from json_to_recordset($1::json) as mark (
        id uuid, "time" timestamptz, reviewed boolean, note text, "by" text, at timestamptz
      ) where s.id = mark.id and s.at = mark."time" and s.reviewed_at is null`
  }
}

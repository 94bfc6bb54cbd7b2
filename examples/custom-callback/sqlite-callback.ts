import type { Component, FlagDetails, FlaggingCallback, FlagValue } from '@flagging/core'
import sqlite from 'node-sqlite3-wasm'
import { filesOf } from './files-of.ts'

const TABLES = `
  CREATE TABLE IF NOT EXISTS samples
    (n INTEGER PRIMARY KEY, interaction, endpoint, option, username, flagged_at);
  CREATE TABLE IF NOT EXISTS sample_values (sample INTEGER REFERENCES samples, label, value)`
const SAMPLE = 'INSERT INTO samples VALUES (NULL, ?, ?, ?, ?, ?)'
const VALUE = 'INSERT INTO sample_values VALUES (?, ?, ?)'

/** Writes samples into an SQLite database: JSON values as text, files as blobs. */
export class SQLiteCallback implements FlaggingCallback {
  readonly #path: string
  #db: sqlite.Database | undefined

  constructor(path: string) {
    this.#path = path
  }

  setup(_components: readonly Component[], _flaggingDir: string): void {
    this.#db ??= new sqlite.Database(this.#path)
    this.#db.exec(TABLES)
  }

  async flag(
    flagData: readonly FlagValue[],
    flagOption: string | null = null,
    username: string | null = null,
    details?: FlagDetails,
  ): Promise<number> {
    const db = this.#db
    if (!db || !details) throw new Error('Needs setup() and the details of the sample')
    const { id, endpoint, components } = details
    const values = await Promise.all(flagData.map(storable))
    // Nothing is awaited from here on, so that no other sample gets into the transaction.
    const sample = [id, endpoint, flagOption, username, new Date().toISOString()]
    db.exec('BEGIN')
    try {
      const { lastInsertRowid: n } = db.run(SAMPLE, sample)
      for (const [index, { label }] of components.entries()) {
        for (const value of values[index] ?? []) db.run(VALUE, [n, label, value])
      }
      db.exec('COMMIT')
    } catch (error) {
      db.exec('ROLLBACK')
      throw error
    }
    return Number(db.get('SELECT count(*) AS n FROM samples WHERE endpoint = ?', endpoint)?.n)
  }

  close(): void {
    this.#db?.close()
  }
}

async function storable(value: FlagValue): Promise<(string | Uint8Array)[]> {
  const files = filesOf(value)
  return files.length > 0 ? Promise.all(files.map((f) => f.bytes())) : [JSON.stringify(value)]
}

import { randomUUID } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { BenchSample } from './sample-of.ts'
import type { Writer } from './writer.ts'

/** The columns that are written without us: as many, and of the same content. */
const COLUMNS =
  'id, at, dataset, endpoint, method, interaction, status, duration, ended, truncated, by_hand, inputs, outputs'
/** Rows of one statement. */
const BATCH = 500

/** Writes rows with one COPY: as fast as the server takes them. */
export async function copyWriter(url: string, schema: string): Promise<Writer> {
  const client = await connected(url)
  return {
    async write(samples) {
      const stream = client.query(copyFrom(`copy ${schema}.samples (${COLUMNS}) from stdin`))
      await pipeline(Readable.from(lines(samples)), stream)
    },
    close: () => client.end(),
  }
}

/** Writes rows with statements of 500 rows each, as an app would without us. */
export async function insertWriter(url: string, schema: string): Promise<Writer> {
  const client = await connected(url)
  return {
    async write(samples) {
      for (let at = 0; at < samples.length; at += BATCH) {
        const rows = samples.slice(at, at + BATCH).map(cellsOf)
        const marks = rows.map((cells, row) => {
          return `(${cells.map((_, cell) => `$${row * cells.length + cell + 1}`).join(',')})`
        })
        await client.query(
          `insert into ${schema}.samples (${COLUMNS}) values ${marks.join(',')}`,
          rows.flat(),
        )
      }
    },
    close: () => client.end(),
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  return client
}

function* lines(samples: readonly BenchSample[]): Generator<string> {
  for (let at = 0; at < samples.length; at += BATCH) {
    const rows = samples.slice(at, at + BATCH).map((sample) => cellsOf(sample).map(escaped))
    yield `${rows.map((cells) => cells.join('\t')).join('\n')}\n`
  }
}

function escaped(cell: string | number | boolean): string {
  return String(cell).replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
}

function cellsOf({ values, details }: BenchSample): (string | number | boolean)[] {
  const [temperature, prompt, output] = values
  return [
    randomUUID(),
    details.startedAt.toISOString(),
    1,
    details.endpoint,
    details.method,
    details.id,
    details.status,
    details.duration,
    details.ended,
    details.truncated,
    details.byHand,
    JSON.stringify({ temperature, prompt }),
    JSON.stringify({ Output: output }),
  ]
}

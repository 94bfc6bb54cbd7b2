// `npm run postgres-bench`: how many samples a second come into PostgreSQL, with us and without.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DirectoryFiles, PostgresLogger } from '@flagging/postgres-logger'
import pg from 'pg'
import { startPostgres } from '../../../packages/postgres-logger/test/servers/postgres.ts'
import { aligned, figure } from '../measure/table.ts'
import { fillTable } from './fill-table.ts'
import { sampleOf } from './sample-of.ts'
import { type Round, type Target, Writers } from './writers.ts'

const { values } = parseArgs({
  options: {
    // Samples of a round.
    count: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '7' },
    // Rows that are there before the last comparison.
    rows: { type: 'string', default: '10000000' },
  },
})
const count = Number(values.count)
const rounds = Number(values.rounds)
const SCHEMA = 'flagging'
/** The second `copy` is the control. */
const WAYS = ['copy', 'copy', 'insert', 'direct', 'outbox']

const server = await startPostgres({ isDurable: true })
try {
  const url = server.url('postgres')
  const target: Target = { url, schema: SCHEMA }
  await migrated(url)
  await compare('an empty table', target, [1])
  await compare('1, 2 and 4 processes', target, [1, 2, 4], ['direct', 'outbox'])
  await fillTable(url, SCHEMA, Number(values.rows))
  await compare(`${Number(values.rows).toLocaleString('en')} rows in the table`, target, [1])
} finally {
  await server.stop()
}

async function migrated(url: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-bench-'))
  const files = new DirectoryFiles(join(dir, 'files'))
  const logger = new PostgresLogger({ connection: url, schema: SCHEMA, files, direct: true })
  await logger.migrate()
  // With the first sample the partition of this month is made: all are to write into that.
  const { values: first, details } = sampleOf(0, dir)
  await logger.flag(first, null, null, details)
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`insert into ${SCHEMA}.datasets (folder, components) values ('plain', '[]')`)
  await client.end()
  await logger.close()
  await rm(dir, { recursive: true })
}

async function compare(
  title: string,
  target: Target,
  processes: readonly number[],
  ways: readonly string[] = WAYS,
): Promise<void> {
  const writers: Writers[] = []
  try {
    for (const way of ways) {
      for (const n of processes) writers.push(await Writers.start(way, n, target))
    }
    const found = new Map<Writers, Round[]>(writers.map((one) => [one, []]))
    for (const one of writers) await one.round(count)
    for (let round = 0; round < rounds; round++) {
      for (const one of writers) found.get(one)?.push(await one.round(count))
    }
    const [first = []] = found.values()
    const head = ['', 'samples/s, median', 'quartiles', 'times the first', 'client CPU us a sample']
    const rows = writers.map((one) => rowOf(one.name, found.get(one) ?? [], first))
    const table = aligned([head, ...rows])
    process.stdout.write(
      `\n${title}: ${count} samples a round, ${rounds} rounds in turn\n${table}\n`,
    )
  } finally {
    for (const one of writers) await one.end()
  }
}

function rowOf(name: string, found: readonly Round[], first: readonly Round[]): string[] {
  const rates = found.map(({ rate }) => rate)
  const ratios = rates.map((rate, round) => rate / (first[round]?.rate ?? Number.NaN))
  return [
    name,
    figure(quantile(rates, 0.5)),
    `${figure(quantile(rates, 0.25))} - ${figure(quantile(rates, 0.75))}`,
    quantile(ratios, 0.5).toFixed(2),
    figure(
      quantile(
        found.map(({ cpu }) => cpu),
        0.5,
      ),
    ),
  ]
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN
}

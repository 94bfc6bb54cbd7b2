import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { CSVLogger, type Component } from '@flagging/core'
import { SourceFile, memorySource } from '@flagging/core/store'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createDatabase } from '../servers/database.ts'
import { type Outcome, outcomeOf, runFlagging, startFlagging } from './command.ts'
import { samplesOf, temporary } from './samples-of.ts'

const ROWS = 6000
/** Every so many rows have a file. */
const EACH = 8
const KILLS = 3
const SEED = Number(process.env['FLAGGING_SEED'] ?? Date.now() % 1_000_000)

const COMPONENTS: readonly Component[] = [
  { label: 'n', type: 'number', role: 'input' },
  { label: 'words', type: 'text', role: 'input' },
  { label: 'picture', type: 'image', role: 'input' },
  { label: 'Output', type: 'json', role: 'output' },
]

/** The same choices for the same seed. */
function choices(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

/** A directory with rows of two datasets, some of which have files. */
async function flagged(): Promise<string> {
  const dir = join(temporary(), 'flagged')
  const logger = new CSVLogger({ columns: ['timestamp', 'id'], fsync: 'none', exclusive: true })
  for (let from = 0; from < ROWS; from += 1000) {
    const flags = Array.from({ length: 1000 }, (_, index) => {
      const n = from + index
      const bytes = Buffer.from(`picture ${n}`)
      const picture = new SourceFile('a.png', 'image/png', memorySource(bytes))
      return logger.flag(
        [n, `row ${n % 100}`, n % EACH === 0 ? picture : null, { n }],
        null,
        null,
        {
          components: COMPONENTS,
          dir: join(dir, n % 5 === 0 ? 'classify' : 'calculate'),
          id: 'Zm9vYmFyYmF6cXV4MTIzNA',
          endpoint: 'calculate',
          method: 'POST',
          status: 200,
          startedAt: new Date(Date.UTC(2026, 0, 1) + n * 400_000),
          duration: 1,
          ended: 'complete',
          truncated: false,
          byHand: true,
        },
      )
    })
    await Promise.all(flags)
  }
  await logger.close()
  return dir
}

/** Runs a command until it ends by itself, killing it some times when it has done a little more. */
async function runKilled(
  args: readonly string[],
  done: () => number | Promise<number>,
  step: number,
): Promise<Outcome> {
  const choose = choices(SEED)
  let kills = 0
  let outcome: Outcome
  do {
    const child = startFlagging(args)
    const ended = outcomeOf(child)
    const target = (await done()) + choose() * step
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
    while (kills < KILLS && !isOver()) {
      if ((await done()) < target) await later(1)
      else {
        await later(choose() * 30)
        child.kill('SIGKILL')
        kills++
        break
      }
    }
    outcome = await ended
  } while (outcome.signal !== null)
  expect(kills, `seed ${SEED}`).toBeGreaterThan(2)
  return outcome
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

function thrice(count: number) {
  return { samples: count, different: count, rows: count }
}

function files(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
}

test('killed at any moment, both go on and neither double nor lose a row', async () => {
  const dir = await flagged()
  const before = await samplesOf(dir)
  const url = await createDatabase()
  const client = await connected(url)
  const store = join(temporary(), 'files')
  const stored = async (): Promise<number> => {
    const { rows } = await client
      .query<{ samples: string }>('select sum(samples) as samples from flagging.imports')
      .catch(() => ({ rows: [] }))
    return Number(rows[0]?.samples ?? 0)
  }
  const place = ['--files', store]
  const brought = await runKilled(
    ['import', dir, '--to', url, '--migrate', ...place],
    stored,
    ROWS / KILLS,
  )
  expect(brought, `seed ${SEED}`).toMatchObject({ code: 0, stderr: '' })
  const { rows } = await client.query(
    `select folder, samples::integer, (
      select count(distinct inputs->>'n')::integer from flagging.samples where dataset = d.id
    ) as different, (select count(*)::integer from flagging.samples where dataset = d.id) as rows
    from flagging.datasets d order by folder`,
  )
  expect(rows, `seed ${SEED}`).toEqual([
    { folder: 'calculate', ...thrice(ROWS * 0.8) },
    { folder: 'classify', ...thrice(ROWS * 0.2) },
  ])
  // Uploads that were broken off lie aside until they are a day old.
  expect(files(store).filter((name) => !name.endsWith('.tmp'))).toHaveLength(ROWS / EACH)
  expect((await runFlagging(['import', dir, '--to', url, ...place])).stdout).toContain(
    '0 samples imported',
  )

  const out = join(temporary(), 'out')
  const log = join(out, 'calculate/logs.csv')
  const written = (): number => statSync(log, { throwIfNoEntry: false })?.size ?? 0
  const size = statSync(join(dir, 'calculate/logs.csv')).size
  const back = await runKilled(['export', out, '--from', url, ...place], written, size / KILLS)
  expect(back, `seed ${SEED}`).toMatchObject({ code: 0, stderr: '' })
  expect(await samplesOf(out), `seed ${SEED}`).toEqual(before)
  const pictures = [join(out, 'calculate/picture'), join(out, 'classify/picture')]
  expect(pictures.flatMap(files), `seed ${SEED}`).toHaveLength(ROWS / EACH)
  expect(files(join(out, 'calculate/.flagging')).filter((name) => name.endsWith('.tmp'))).toEqual(
    [],
  )
  expect(await runFlagging(['verify', out])).toMatchObject({ code: 0 })
}, 900_000)

import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CSVLogger, type Component, type FlagDetails, type FlagValue } from '@flagging/core'
import {
  DatasetMarks,
  SourceFile,
  addMarks,
  memorySource,
  nodeFileSystem,
  readStored,
  rowHash,
} from '@flagging/core/store'
import fc from 'fast-check'
import { describe, expect, inject, test } from 'vitest'
import { json, text } from '../../../core/test/hostile-values.ts'
import { createBucket } from '../servers/bucket.ts'
import { createDatabase } from '../servers/database.ts'
import { flaggingHere, runFlagging } from './command.ts'
import { samplesOf, temporary } from './samples-of.ts'

const FIXTURES = fileURLToPath(new URL('../../../core/test/fixtures/gradio/', import.meta.url))
const SEED = Number(process.env['FLAGGING_SEED'] ?? Date.now() % 1_000_000)
type Environment = Readonly<Record<string, string>>

const DETAILS = ['timestamp', 'id', 'endpoint', 'status', 'duration', 'ended', 'truncated'] as const

function file(bytes: string, type = 'image/png'): SourceFile {
  return new SourceFile('upload', type, memorySource(Buffer.from(bytes)))
}

function details(dir: string, components: readonly Component[], n = 0): FlagDetails {
  return {
    components,
    dir,
    id: `${n}`.padStart(22, 'a'),
    endpoint: 'calculate',
    method: 'POST',
    status: 200,
    startedAt: new Date(Date.UTC(2026, n % 12, 2, 3, 4, 5, n % 1000)),
    duration: 12.5 + n,
    ended: 'complete',
    truncated: n % 2 === 1,
    byHand: true,
  }
}

const WIDE: readonly Component[] = [
  { label: 'any', type: 'any', role: 'input' },
  { label: '=text, "so"', type: 'text', role: 'input' },
  { label: 'num', type: 'number', role: 'input' },
  { label: 'picture', type: 'image', role: 'input' },
  { label: 'note', type: 'json', role: 'output' },
]

/** Runs the command; in a process of its own only where that has another environment. */
function run(
  args: readonly string[],
  env: Environment | undefined,
): ReturnType<typeof flaggingHere> {
  return env === undefined ? flaggingHere(args) : runFlagging(args, { env })
}

/** Brings a directory into a database; gives what is said of that when it is exported. */
async function brought(
  dir: string,
  files: readonly string[] = ['--files', join(temporary(), 'files')],
  env?: Environment,
): Promise<string[]> {
  const url = await createDatabase()
  const outcome = await run(['import', dir, '--to', url, '--migrate', ...files], env)
  expect(outcome).toMatchObject({ code: 0, stderr: '' })
  return ['--from', url, ...files]
}

/** Brings a directory into a database and out again; gives the new directory. */
async function thereAndBack(
  dir: string,
  files?: readonly string[],
  env?: Environment,
): Promise<string> {
  const from = await brought(dir, files, env)
  const out = join(temporary(), 'out')
  const outcome = await run(['export', out, ...from], env)
  expect(outcome).toMatchObject({ code: 0, stderr: '' })
  return out
}

/** A directory with values that something along the way may take for something else. */
async function hostile(): Promise<string> {
  const dir = join(temporary(), 'flagged')
  const logger = new CSVLogger({ columns: DETAILS, fsync: 'none' })
  const untyped = WIDE.map((component): Component => ({ ...component, type: 'any' }))
  const some = fc.tuple(json, text, json, text, json, text)
  const rows = fc.sample(some, { numRuns: 400, seed: SEED })
  const flags = rows.map(async ([any, words, other, comment, correction, option], n) => {
    const of = n % 2 === 0 ? WIDE : untyped
    const values: FlagValue[] = [any, words, n / 7, null, other]
    if (n % 20 === 0) values[3] = file(`picture ${n}`)
    if (n % 20 === 5) values[3] = [file('[1]', 'application/json'), file('', 'text/plain')]
    if (n % 50 === 0) values[0] = words.repeat(100_000).slice(0, 150_000)
    const known = details(join(dir, n % 3 === 0 ? '' : 'calculate'), of, n)
    await logger.flag(values, option, n % 2 === 0 ? null : words, {
      ...known,
      comment,
      correction,
    })
  })
  await Promise.all(flags)
  const exact = '{"b":1,"a":[1.50,12345678901234567890],"b":-0}'
  const large = `[${'1.50,'.repeat(300_000)}"\\ud800"]`
  await logger.flag([null, 'x', null, null, null], 'x', 'y', {
    ...details(dir, WIDE, 401),
    json: [exact, undefined, '1.0', undefined, large],
    comment: 'long '.repeat(30_000),
    correction: 1,
    correctionJSON: exact,
  })
  await logger.close()
  return dir
}

describe('a directory that is imported and exported again', () => {
  test('has the same samples, whatever their values are', async () => {
    const dir = await hostile()
    expect(await samplesOf(await thereAndBack(dir)), `seed ${SEED}`).toEqual(await samplesOf(dir))
  }, 120_000)

  test('has them also where the first try has come to half of a batch', async () => {
    const dir = await hostile()
    const out = join(temporary(), 'out')
    // Where a folder is to be: then only rows of other datasets can be written.
    mkdirSync(out)
    writeFileSync(join(out, 'calculate'), '')
    const args = ['export', out, ...(await brought(dir))]
    expect(await flaggingHere(args)).toMatchObject({ code: 2, stdout: '' })
    const before = await samplesOf(out)
    expect(before.length).toBeGreaterThan(100)
    rmSync(join(out, 'calculate'))
    expect(await flaggingHere(args)).toMatchObject({ code: 0, stderr: '' })
    expect((await samplesOf(out)).slice(0, before.length)).toEqual(before)
    expect(await samplesOf(out), `seed ${SEED}`).toEqual(await samplesOf(dir))
  }, 120_000)

  test('has no columns that it had not, nor times that nobody knew', async () => {
    const dir = join(temporary(), 'flagged')
    const logger = new CSVLogger({ fsync: 'none' })
    for (const [n, components] of [WIDE.slice(0, 2), WIDE, WIDE.slice(0, 2)].entries()) {
      const values = components.map(() => `row ${n}`)
      await logger.flag(values, undefined, undefined, details(dir, components))
    }
    await logger.close()
    const out = await thereAndBack(dir)
    for (const name of ['logs.csv', 'logs2.csv']) {
      expect(readFileSync(join(out, name), 'utf8')).toBe(readFileSync(join(dir, name), 'utf8'))
    }
  })

  test('has the rows with a time and those without one each in a log of theirs', async () => {
    const dir = join(temporary(), 'flagged')
    const components = WIDE.slice(0, 2)
    for (const columns of [['timestamp'], [], ['timestamp']] as const) {
      const logger = new CSVLogger({ columns, fsync: 'none' })
      await logger.flag(
        [1, `with ${columns.length}`],
        undefined,
        undefined,
        details(dir, components),
      )
      await logger.close()
    }
    expect(await samplesOf(await thereAndBack(dir))).toEqual(await samplesOf(dir))
  })

  test.each(['calculator', 'classic', 'classifier', 'rotated'])(
    "has Gradio's samples: %s",
    async (name) => {
      const dir = join(temporary(), name)
      cpSync(join(FIXTURES, name), dir, { recursive: true })
      const said = (samples: Record<string, unknown>[]) =>
        samples.map(({ details: known, ...sample }) => {
          const { timestamp } = known as { timestamp?: string }
          // Gradio writes local time, to the microsecond.
          return { ...sample, time: new Date(timestamp ?? 0).getTime() }
        })
      const found = said(await samplesOf(await thereAndBack(dir)))
      expect(found).toEqual(said(await samplesOf(dir)))
      expect(found.length).toBeGreaterThan(1)
    },
  )

  test('has what reviewers said', async () => {
    const dir = join(temporary(), 'flagged')
    const logger = new CSVLogger({ columns: ['id'], fsync: 'none' })
    for (let n = 0; n < 5; n++) {
      const known = details(join(dir, n % 2 === 0 ? '' : 'calculate'), WIDE.slice(0, 2), n)
      await logger.flag([n, 'x'], null, null, known)
    }
    await logger.close()
    const at = '2026-05-06T07:08:09.010Z'
    await addMarks(nodeFileSystem, dir, [
      [await hashOf(dir, 2), { reviewed: true, note: 'good, "so"', by: 'ada', at }],
      [await hashOf(dir, 4), { reviewed: false, note: 'hm', by: null, at }],
    ])
    await addMarks(nodeFileSystem, join(dir, 'calculate'), [
      [await hashOf(dir, 3), { reviewed: true, note: null, by: 'bob', at }],
    ])
    const out = await thereAndBack(dir)
    for (const folder of ['', 'calculate']) {
      const [before, after] = [dir, out].map(
        (one) => new DatasetMarks(nodeFileSystem, join(one, folder)),
      )
      await Promise.all([before?.refresh(), after?.refresh()])
      for (let n = 0; n < 5; n++) {
        expect(after?.of(await hashOf(out, n))).toEqual(before?.of(await hashOf(dir, n)))
      }
      expect(after?.size).toBe(folder === '' ? 2 : 1)
    }
  })

  test('has its files, also when they come through a bucket', async () => {
    const endpoint = inject('s3Endpoint')
    const { bucket } = await createBucket(endpoint)
    const dir = join(temporary(), 'flagged')
    const logger = new CSVLogger({ fsync: 'none' })
    for (let n = 0; n < 20; n++) {
      const bytes = n === 7 ? 'x'.repeat(600_000) : `picture ${n}`
      await logger.flag(
        [file(bytes), n],
        null,
        null,
        details(dir, [WIDE[3], WIDE[2]] as Component[]),
      )
    }
    await logger.close()
    const place = `s3://${bucket}/some/prefix?endpoint=${encodeURIComponent(endpoint)}&region=us-east-1&path-style`
    const keys = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }
    // The AWS SDK warns of an old Node.
    const env = { ...keys, NODE_NO_WARNINGS: '1' }
    const out = await thereAndBack(dir, ['--files', place], env)
    expect(await samplesOf(out)).toEqual(await samplesOf(dir))
    expect(readdirSync(join(out, 'picture'))).toHaveLength(20)
    expect(existsSync(join(out, 'picture/7.png'))).toBe(true)
  })
})

/** The hash of the row with an id. */
async function hashOf(dir: string, n: number): Promise<string> {
  for await (const { dataset, log, start, end, details: known } of readStored(dir)) {
    if (known.id !== `${n}`.padStart(22, 'a')) continue
    return rowHash(readFileSync(join(dir, dataset ?? '', log)).subarray(start, end))
  }
  return ''
}

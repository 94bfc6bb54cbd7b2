import { createHash } from 'node:crypto'
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import type pg from 'pg'
import { type Ground, bucketClient, withDatabase } from './ground.ts'
import type { Flag } from './load.ts'
import type { Answered } from './questions.ts'

const READ_AT_ONCE = 8
const FOLDERS = { sum: 'calculate', chat: 'chat', picture: 'sepia' } as const

interface FileFacts {
  readonly key: string
  readonly size: number
  readonly sha256: string
}

/** A sample, and the keys of its files. */
interface Row {
  readonly folder: string
  readonly interaction: string
  readonly option: string
  readonly comment: string | null
  readonly values: Readonly<Record<string, unknown>>
  readonly files: Readonly<Record<string, readonly FileFacts[]>> | null
}

/** What lies in the database and the bucket of a fleet, and what is wrong with it. */
export interface Findings {
  rows: number
  files: number
  bytes: number
  readonly wrong: string[]
  /** Objects of the bucket that no row names. */
  readonly strays: readonly string[]
}

/** Compares what is stored with what clients were told, each value and each byte. */
export async function findings(ground: Ground, flags: readonly Flag[]): Promise<Findings> {
  const [rows, counts] = await withDatabase(ground, async (client) => [
    await rowsOf(client),
    await wrongCounts(client),
  ])
  const bucket = new Bucket(ground)
  try {
    const keys = rows.flatMap(keysOf)
    const wrong = [...counts, ...wrongFlags(flags, rows)]
    const strays = difference(await bucket.keys(), keys)
    const found: Findings = { rows: rows.length, files: keys.length, bytes: 0, wrong, strays }
    const answers = new Map(flags.map((flag) => [nameOfFlag(flag), flag.answer]))
    const left = rows.values()
    const check = async (): Promise<void> => {
      for (const row of left) await checkRow(row, answers.get(nameOf(row)), bucket, found)
    }
    await Promise.all(Array.from({ length: READ_AT_ONCE }, check))
    return found
  } finally {
    bucket.close()
  }
}

function keysOf({ files }: Row): string[] {
  return Object.values(files ?? {}).flatMap((list) => list.map(({ key }) => key))
}

async function rowsOf(client: pg.Client): Promise<Row[]> {
  const { rows } = await client.query<Row>(
    'select d.folder, s.interaction, s.option, s.comment, s.inputs || s.outputs as values, s.files ' +
      'from flagging.samples s join flagging.datasets d on d.id = s.dataset',
  )
  return rows
}

async function wrongCounts(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ folder: string; samples: string; there: string }>(
    'select d.folder, d.samples, (select count(*) from flagging.samples s where s.dataset = d.id) ' +
      'as there from flagging.datasets d',
  )
  return rows
    .filter(({ samples, there }) => samples !== there)
    .map(({ folder, samples, there }) => `${folder} has ${there} samples, and says ${samples}`)
}

function wrongFlags(flags: readonly Flag[], rows: readonly Row[]): string[] {
  const there = new Map<string, number>()
  for (const row of rows) there.set(nameOf(row), (there.get(nameOf(row)) ?? 0) + 1)
  const sent = new Set(flags.map(nameOfFlag))
  return [
    ...flags
      .filter(({ isStored, isTakenBack }) => isStored && isTakenBack === false)
      .filter((flag) => !there.has(nameOfFlag(flag)))
      .map((flag) => `${nameOfFlag(flag)} was acknowledged, and is not there`),
    ...flags
      .filter((flag) => flag.isTakenBack === true && there.has(nameOfFlag(flag)))
      .map((flag) => `${nameOfFlag(flag)} was taken back, and is there`),
    ...flags
      .filter(({ created }) => created > 1)
      .map((flag) => `${nameOfFlag(flag)} was told to be new ${flag.created} times`),
    ...Array.from(there)
      .filter(([, count]) => count > 1)
      .map(([name, count]) => `${name} is there ${count} times`),
    ...difference(Array.from(there.keys()), Array.from(sent)).map(
      (name) => `${name} is there, and nobody flagged it`,
    ),
  ]
}

async function checkRow(
  row: Row,
  answer: Answered | undefined,
  bucket: Bucket,
  found: Findings,
): Promise<void> {
  if (answer === undefined) return
  const { kind, values } = answer
  const { wrong } = found
  if (row.folder !== FOLDERS[kind]) wrong.push(`${nameOf(row)} lies in ${row.folder}`)
  const labels = Object.keys(values)
  for (const label of difference(Object.keys(row.values), labels)) {
    wrong.push(`${nameOf(row)} has a ${label}`)
  }
  for (const label of labels) {
    const expected = values[label] as Answered['values'][string]
    if (!Buffer.isBuffer(expected)) {
      const value = row.values[label]
      if (value !== expected) wrong.push(`${label} of ${nameOf(row)} is ${JSON.stringify(value)}`)
      continue
    }
    const facts = row.files?.[label]?.[0]
    const bytes = facts && (await bucket.read(facts.key))
    found.bytes += bytes?.length ?? 0
    const isKnown = facts?.size === expected.length && facts.sha256 === sha256(expected)
    if (!isKnown || facts.key !== row.values[label] || bytes?.equals(expected) !== true) {
      wrong.push(`${label} of ${nameOf(row)} is ${JSON.stringify(facts)}, ${bytes?.length} bytes`)
    }
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function nameOf({ interaction, option, comment }: Row): string {
  return `${interaction} (${option}, ${comment})`
}

function nameOfFlag({ answer, option, comment }: Flag): string {
  return `${answer.id} (${option}, ${comment})`
}

function difference(all: readonly string[], less: readonly string[]): string[] {
  const known = new Set(less)
  return all.filter((one) => !known.has(one))
}

/** A bucket, read past all links. */
class Bucket {
  readonly #client: S3Client
  readonly #name: string

  constructor(ground: Ground) {
    this.#name = ground.bucket
    this.#client = bucketClient(ground)
  }

  async keys(): Promise<string[]> {
    const keys: string[] = []
    let token: string | undefined
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.#name, ContinuationToken: token }),
      )
      keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []))
      token = page.NextContinuationToken
    } while (token !== undefined)
    return keys
  }

  /** The bytes of an object; `undefined` where there is none. */
  async read(key: string): Promise<Buffer | undefined> {
    try {
      const { Body } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#name, Key: key }),
      )
      return Body && Buffer.from(await Body.transformToByteArray())
    } catch {
      return undefined
    }
  }

  close(): void {
    this.#client.destroy()
  }
}

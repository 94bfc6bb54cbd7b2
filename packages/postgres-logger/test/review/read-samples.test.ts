import {
  CSVLogger,
  type Component,
  type FlagDetails,
  type FlagValue,
  type FlaggingCallback,
  type ReadOptions,
  type Sample,
  json,
  number,
  readSamples,
  text,
} from '@flagging/core'
import {
  type CallbackHost,
  SourceFile,
  isFlaggedFile,
  isFlaggedFileList,
  memorySource,
} from '@flagging/core/store'
import { DirectoryFiles, PostgresLogger } from '@flagging/postgres-logger'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../samples/store.ts'
import { createDatabase } from '../servers/database.ts'

const COLUMNS = ['timestamp', 'id', 'endpoint', 'status', 'duration', 'ended', 'truncated'] as const
const ASK: readonly Component[] = [
  { label: 'prompt', type: 'text', role: 'input' },
  { label: 'n', type: 'any', role: 'input' },
  { label: 'im', type: 'image', role: 'input' },
  { label: 'Output', type: 'any', role: 'output' },
]
const ROOT: readonly Component[] = [{ label: '__proto__', type: 'json', role: 'input' }]

const picture = (bytes: string) =>
  new SourceFile(
    undefined,
    'image/png',
    memorySource(Buffer.from(`\x89PNG\r\n\x1a\n${bytes}`, 'latin1')),
  )

/** Where each sample goes, its components and its values. */
const SAMPLES: readonly (readonly [string, readonly Component[], readonly FlagValue[]])[] = [
  ['b', ASK, ['5', 5, null, 'x']],
  ['', ROOT, [{ a: [1] }]],
  ['a', ASK, ['=1', '5', picture('1'), { z: 1, a: 2 }]],
  ['b', ASK, ['{"a":1}', true, [picture('2'), picture('3')], null]],
  ['', ROOT, [null]],
  ['b', ASK, ['', -0, picture('4'), '']],
  ['b', ASK, ['x'.repeat(1_200_000), [1, 'a'], null, null]],
]

/** The same samples in a flagged directory and in a database. */
async function both() {
  const dir = temporaryFolder()
  const files = new DirectoryFiles(temporaryFolder())
  const logger = new PostgresLogger({ connection: await createDatabase(), files, direct: true })
  onTestFinished(() => logger.close())
  logger.attach({ dir, holds: false } as CallbackHost)
  await logger.migrate()
  await flagAll(logger, dir)
  for (const folder of ['', 'a', 'b']) {
    const csv = new CSVLogger({ columns: [...COLUMNS], fsync: 'none' })
    await flagAll(csv, dir, folder)
    await csv.close()
  }
  return { dir, logger, files }
}

async function flagAll(callback: FlaggingCallback, dir: string, only?: string): Promise<void> {
  for (const [n, [folder, components, values]] of SAMPLES.entries()) {
    if (only !== undefined && folder !== only) continue
    const details: FlagDetails = {
      components,
      dir: `${dir}/${folder}`.replace(/\/$/, ''),
      id: `interaction-number-${String(n).padStart(3, '0')}`,
      endpoint: folder === '' ? 'index' : folder,
      method: 'POST',
      status: 200,
      startedAt: new Date(Date.UTC(2026, 0, 1 + n * 20)),
      duration: 1.5,
      ended: 'complete',
      truncated: false,
      byHand: false,
      comment: n === 2 ? 'why' : null,
      correction: n === 3 ? { a: 1 } : null,
    }
    await callback.setup(components, details.dir)
    await callback.flag(values, n % 2 === 0 ? 'good' : null, 'ann', details)
  }
}

/** Samples as they can be compared: files as their bytes, and without where they lie. */
async function plain(samples: AsyncIterable<Sample>): Promise<unknown[]> {
  const all: unknown[] = []
  const shown = async (value: FlagValue): Promise<unknown> => {
    if (isFlaggedFile(value)) return [value.type, Buffer.from(await value.bytes()).toString('hex')]
    return isFlaggedFileList(value) ? Promise.all(value.map(shown)) : value
  }
  for await (const { inputs, outputs, details, ...sample } of samples) {
    const side = async (values: Sample['inputs']) =>
      Promise.all(
        Object.entries(values).map(async ([label, value]) => [label, await shown(value)] as const),
      )
    const { log: _log, ...rest } = details
    all.push({ ...sample, inputs: await side(inputs), outputs: await side(outputs), details: rest })
  }
  return all
}

describe('samples read from a database', () => {
  test('are those of a flagged directory, with the same options', async () => {
    const { dir, logger } = await both()
    const options: readonly ReadOptions[] = [
      {},
      ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 100].map((offset) => ({ offset, limit: 2 })),
      { limit: 0 },
      { limit: 1 },
      { offset: 2, inputs: ['prompt'] },
      { offset: 2, outputs: ['n', 'Output'] },
      { offset: 2, inputs: [text('n'), 'none'], outputs: ['Output', 'other'] },
      { offset: 2, inputs: [number('prompt'), json('n')], outputs: [text('Output')] },
    ]
    for (const option of options) {
      const found = await plain(logger.readSamples(option))
      expect([option, found]).toEqual([option, await plain(readSamples(dir, option))])
    }
    expect(await plain(logger.readSamples())).toHaveLength(SAMPLES.length)
  })

  test('name the log that keys have, and what is missing', async () => {
    const { logger, files } = await both()
    const all: Sample[] = []
    for await (const sample of logger.readSamples()) all.push(sample)
    expect(new Set(all.map(({ details }) => details.log))).toEqual(new Set(['samples']))
    const { samples } = await logger.review.page({
      filter: { words: ['[1,"a"]'] },
      sort: 'newest',
      limit: 1,
    })
    const value = samples[0]?.inputs[0]?.value
    await files.remove(value?.kind === 'files' ? value.files.map(({ path }) => path) : [])
    const [last] = await plain(logger.readSamples({ offset: SAMPLES.length - 1 }))
    expect(last).toMatchObject({
      inputs: [
        ['prompt', null],
        ['n', [1, 'a']],
        ['im', null],
      ],
      details: { missing: ['prompt'] },
    })
  })

  test('are told from what cannot be asked for', async () => {
    const { logger } = await both()
    for (const options of [{ limit: -1 }, { offset: 0.5 }, { offsets: 1 }, { onBad: 1 }]) {
      expect(() => logger.readSamples(options as ReadOptions)).toThrow(
        expect.objectContaining({ code: 'ERR_FLAGGING_OPTION' }),
      )
    }
    const reading = logger.readSamples()
    await reading.next()
    expect(await reading.return?.()).toEqual({ value: undefined, done: true })
  })
})

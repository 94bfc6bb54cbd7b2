import type { Component, FlagValue } from '@flagging/core'
import { type ReviewSample, SourceFile, memorySource } from '@flagging/core/store'
import { describe, expect, test } from 'vitest'
import { asking, reviewedStore, walk } from './support.ts'
import { record } from '../samples/store.ts'

const COMPONENTS: readonly Component[] = [
  { label: 'prompt', type: 'text', role: 'input' },
  { label: 'im', type: 'image', role: 'input' },
  { label: 'Output', type: 'any', role: 'output' },
]

async function stored(...all: readonly (readonly FlagValue[])[]) {
  const store = await reviewedStore()
  const samples = all.map((values, n) =>
    record(
      {
        folder: 'ask',
        components: COMPONENTS,
        at: new Date(Date.UTC(2026, 0, 1, n)),
        endpoint: '',
      },
      values,
    ),
  )
  await store.writer().write(samples)
  return store
}

const png = new SourceFile('a cat.png', 'image/png', memorySource(Buffer.from('PNG')))
const valuesOf = ({ inputs, outputs }: ReviewSample) =>
  [...inputs, ...outputs].map(({ value }) => value)

describe('a sample', () => {
  test('has its values as they were, its files by their keys, and what is known of it', async () => {
    const { review } = await stored(['a', png, { b: 1, a: [-0, 'x'] }])
    const [sample] = await walk(review)
    expect(sample).toMatchObject({
      dataset: 'ask',
      endpoint: 'ask',
      log: 'samples',
      isOwn: true,
      option: null,
      username: null,
      comment: null,
      correction: null,
      timestamp: '2026-01-01T00:00:00.000Z',
      id: 'abcdefghijklmnopqrstuv',
      status: 200,
      duration: 1.25,
      ended: 'complete',
      truncated: false,
      review: null,
    })
    expect(sample?.inputs.map(({ label, type, column }) => [label, type, column])).toEqual([
      ['prompt', 'text', 0],
      ['im', 'image', 1],
    ])
    expect(sample?.outputs[0]?.value).toEqual({ kind: 'json', value: { b: 1, a: [-0, 'x'] } })
    const value = sample?.inputs[1]?.value
    const file = value?.kind === 'files' ? value.files[0] : undefined
    expect(file).toMatchObject({ name: 'a cat.png', type: 'image/png', size: 3 })
    expect(file?.path).toMatch(/^ask\/.*2026\/01\/01\/[\w-]{22}\/im\.png$/)
    const opened = file && (review.open(file) as SourceFile)
    expect([opened?.storedAs, Buffer.from((await opened?.bytes()) ?? []).toString()]).toEqual([
      file?.path,
      'PNG',
    ])
    expect(await review.sample(sample?.key ?? '')).toEqual(sample)
    expect(await review.columns({})).toMatchObject({
      inputs: ['prompt', 'im'],
      outputs: ['Output'],
    })
  })

  test('gives values whole that a list cuts', async () => {
    const long = 'x'.repeat(50_000)
    const deep = `${'['.repeat(600)}${']'.repeat(600)}`
    const { review } = await stored(
      [long, null, [long]],
      ['y'.repeat(5000), null, JSON.parse(deep) as FlagValue],
      [`${'"'.repeat(30_000)}\0`, null, { z: long, a: 1 }],
    )
    const [exact, deeper, cut] = await walk(review)
    expect(cut && valuesOf(cut)).toMatchObject([
      { kind: 'cut', text: long.slice(0, 4000), length: 50_000 },
      { kind: 'json', value: null },
      { kind: 'cut', length: 50_004 },
    ])
    expect(deeper && valuesOf(deeper)).toMatchObject([
      { kind: 'cut', length: 5000 },
      {},
      { kind: 'cut', text: deep, length: deep.length },
    ])
    expect(exact && valuesOf(exact)).toMatchObject([{ kind: 'cut' }, {}, { kind: 'cut' }])
    const whole = async (sample: ReviewSample | undefined) =>
      valuesOf(await review.sample(sample?.key ?? ''))
    expect(await whole(cut)).toEqual([
      { kind: 'json', value: long },
      { kind: 'json', value: null },
      { kind: 'json', value: [long] },
    ])
    expect((await whole(exact))[0]).toEqual({ kind: 'json', value: `${'"'.repeat(30_000)}\0` })
    const { samples } = await review.page({ ...asking('sort=oldest'), whole: true })
    expect(samples.map(valuesOf)).toEqual([
      await whole(cut),
      await whole(deeper),
      await whole(exact),
    ])
  })

  test('has what is too large for its row as the file that holds it, until it is asked for', async () => {
    const long = 'ä'.repeat(1_100_000)
    const { review, files, rows } = await stored([long, null, null])
    const [listed] = await walk(review)
    expect(listed?.inputs[0]?.value).toMatchObject({
      kind: 'files',
      files: [{ type: 'text/plain', size: 2_200_000 }],
    })
    const key = listed?.key ?? ''
    expect((await review.sample(key)).inputs[0]?.value).toEqual(listed?.inputs[0]?.value)
    expect((await review.sample(key, true)).inputs[0]?.value).toEqual({ kind: 'json', value: long })
    const whole = await review.page({ ...asking(''), whole: true })
    expect(whole.samples[0]?.inputs[0]?.value).toEqual({ kind: 'json', value: long })
    const [row] = await rows()
    await files.remove([row?.files?.['prompt']?.[0]?.key ?? ''])
    expect((await review.sample(key, true)).inputs[0]?.value).toEqual({ kind: 'missing' })
  })

  test('is known under its key until it is gone, and under no other', async () => {
    const { review } = await stored(['a', png, null], ['b', null, null])
    const [b, a] = await walk(review)
    const [place = '', hash = ''] = (a?.key ?? '').split('.')
    const [folder, log, at] = JSON.parse(Buffer.from(place, 'base64url').toString()) as unknown[]
    expect([folder, log, at]).toEqual(['ask', 'samples', Date.UTC(2026, 0, 1)])
    const forged = (...parts: readonly unknown[]) =>
      `${Buffer.from(JSON.stringify(parts)).toString('base64url')}.${hash}`
    const keys = [
      '',
      'x',
      forged('', log, at),
      forged('..', log, at),
      forged(folder, 'logs.csv', at),
      forged(folder, log, 0),
      forged(folder, log, 9e15),
      forged(folder, log, -1),
      `${place}.${'A'.repeat(22)}`,
      `${place}.${hash.slice(0, -1)}${hash.endsWith('A') ? 'B' : 'A'}`,
    ]
    for (const key of keys) {
      await expect(review.sample(key)).rejects.toThrow('There is no such sample.')
      await expect(review.mark(key, MARK)).rejects.toThrow('There is no such sample.')
    }
    const noKeys = ['', 'x', forged(folder, log, -1)]
    for (const key of noKeys) {
      await expect(review.remove([key])).rejects.toThrow('There is no such sample.')
    }
    expect(await review.remove(keys.filter((key) => !noKeys.includes(key)))).toBe(0)
    expect(await walk(review)).toHaveLength(2)
    expect(await review.remove([a?.key ?? '', a?.key ?? '', b?.key ?? ''])).toBe(2)
    await expect(review.sample(a?.key ?? '')).rejects.toThrow('There is no such sample.')
    await expect(review.mark(a?.key ?? '', MARK)).rejects.toThrow('There is no such sample.')
  })
})

const MARK = { reviewed: true, note: null, by: null, at: '2026-11-27T00:00:00Z' }

describe('what reviewers say', () => {
  test('is kept with the sample, the last word, and can be looked for', async () => {
    const { review, database } = await stored(['a', null, null], ['b', null, null])
    const [b, a] = await walk(review)
    await review.mark(a?.key ?? '', { ...MARK, by: 'rev', note: '<b>\n=1+1\0\ud800' })
    const [marked] = await walk(review, 'marks=reviewed')
    expect(marked?.review).toEqual({
      reviewed: true,
      note: '<b>\n=1+1\ufffd\ufffd',
      by: 'rev',
      at: '2026-11-27T00:00:00.000Z',
    })
    await review.mark(b?.key ?? '', { ...MARK, reviewed: false, note: 'look' })
    const marks = async (which: string) => (await walk(review, `marks=${which}`)).length
    expect([await marks('open'), await marks('reviewed'), await marks('noted')]).toEqual([1, 1, 2])
    await review.mark(a?.key ?? '', { ...MARK, reviewed: false, note: null })
    const [, plain] = await walk(review)
    expect(plain).toEqual(a)
    const [left] = await database.query(
      'select reviewed_by, reviewed_at from flagging.samples where note is null',
    )
    expect(left).toEqual({ reviewed_by: null, reviewed_at: null })
  })

  test('is forgotten two days after somebody was told of it', async () => {
    const { review, database } = await stored(['a', null, null])
    const [sample] = await walk(review)
    await review.mark(sample?.key ?? '', MARK)
    await database.query("update flagging.changes set changed_at = now() - interval '3 days'")
    await review.mark(sample?.key ?? '', { ...MARK, reviewed: false })
    const changes = await database.query('select was_reviewed, is_reviewed from flagging.changes')
    expect(changes).toEqual([{ was_reviewed: true, is_reviewed: false }])
  })
})

test('files of deleted samples are deleted', async () => {
  const { review, rows } = await stored(['a', png, null])
  const [sample] = await walk(review)
  const value = sample?.inputs[1]?.value
  const file = value?.kind === 'files' ? value.files[0] : undefined
  expect(await review.remove([sample?.key ?? ''])).toBe(1)
  await expect(file && review.open(file).bytes()).rejects.toThrow('is gone from')
  expect(await rows()).toEqual([])
})

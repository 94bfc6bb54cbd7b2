import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FlaggingError, type Sample, readSamples } from '@flagging/core'
import { describe, expect, it } from 'vitest'
import { temporary } from './csv-logger-support.ts'

const ROWS = 1000

/** A log of many rows, of which those at these positions cannot be read. */
function logWith(...bad: number[]): string {
  const dir = temporary()
  const rows = Array.from({ length: ROWS }, (_, n) => (bad.includes(n) ? `${n}\n` : `${n},x\n`))
  writeFileSync(join(dir, 'logs.csv'), `a,Output\n${rows.join('')}`)
  return dir
}

const numberOf = ({ value }: IteratorResult<Sample, unknown>): unknown =>
  (value as Sample | undefined)?.n

function isOpen(dir: string): boolean {
  if (process.platform !== 'linux') return false
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(dir)
    } catch {
      return false
    }
  })
}

describe('the iterator of samples', () => {
  it('answers calls in their order, however many wait', async () => {
    const samples = readSamples(logWith())
    const results = await Promise.all(Array.from({ length: ROWS + 2 }, () => samples.next()))
    const positions = Array.from({ length: ROWS }, (_, n) => n)
    expect(results.map(numberOf)).toEqual([...positions, undefined, undefined])
    expect(results.slice(ROWS - 1).map(({ done }) => done)).toEqual([false, true, true])
  })

  it('ends when it is told to, also while a call waits', async () => {
    const dir = logWith()
    const samples = readSamples(dir)
    const end = async () => samples.return?.()
    const results = await Promise.all([samples.next(), samples.next(), end(), samples.next()])
    expect(results.map((result) => result && numberOf(result))).toEqual([
      0,
      1,
      undefined,
      undefined,
    ])
    expect(results.map((result) => result?.done)).toEqual([false, false, true, true])
    expect(isOpen(dir)).toBe(false)
  })

  it('ends with an error that is thrown into it', async () => {
    const dir = logWith()
    const samples = readSamples(dir)
    expect(numberOf(await samples.next())).toBe(0)
    const error = new Error('enough')
    await expect(samples.throw?.(error)).rejects.toBe(error)
    expect(await samples.next()).toEqual({ value: undefined, done: true })
    expect(isOpen(dir)).toBe(false)
  })

  it('tells of a row in its place: behind the samples before it, and not ahead', async () => {
    const dir = logWith(3, 500, 501)
    const order: unknown[] = []
    const onBad = ({ message }: FlaggingError): void => {
      order.push(Number(/row (\d+)/.exec(message)?.[1]))
    }
    for await (const { n } of readSamples(dir, { onBad })) order.push(n)
    expect(order).toEqual(Array.from({ length: ROWS }, (_, n) => n))

    order.length = 0
    for await (const { n } of readSamples(dir, { onBad, limit: 499 })) order.push(n)
    expect(order).toEqual(Array.from({ length: 500 }, (_, n) => n))

    order.length = 0
    for await (const { n } of readSamples(dir, { onBad })) {
      order.push(n)
      if (n === 499) break
    }
    expect(order).toEqual(Array.from({ length: 500 }, (_, n) => n))
  })

  it('gives what stands before a fault, and is over behind it', async () => {
    const error = new Error('no more')
    const samples = readSamples(logWith(100), {
      onBad: () => {
        throw error
      },
    })
    for (let n = 0; n < 100; n++) expect(numberOf(await samples.next())).toBe(n)
    await expect(samples.next()).rejects.toBe(error)
    expect(await samples.next()).toEqual({ value: undefined, done: true })
  })
})

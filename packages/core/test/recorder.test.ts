import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Budget } from '../src/capture/budget.ts'
import { Recorder } from '../src/capture/recorder.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'

const MIB = 1024 * 1024

function start(limits: { memory?: number; spill?: number; bodyBytes?: number } = {}) {
  const errors: unknown[] = []
  const budget = new Budget({
    memory: limits.memory ?? 64 * MIB,
    spill: limits.spill ?? 64 * MIB,
    spillFiles: 4,
  })
  const recorder = new Recorder({
    budget,
    bodyBytes: limits.bodyBytes ?? 32 * MIB,
    openSpill: () => nodeFileSystem.openUnnamed(),
    onError: (error) => errors.push(error),
  })
  onTestFinished(() => {
    recorder.release()
    expect(errors).toEqual([])
  })
  return { budget, recorder }
}

async function contentOf(recorder: Recorder): Promise<Buffer> {
  const content = await recorder.content()
  if (content instanceof Uint8Array) return Buffer.from(content)
  const bytes = Buffer.alloc(content.size)
  for (let at = 0; at < bytes.length;) {
    at += await content.file.read(bytes, at, bytes.length - at, at)
  }
  return bytes
}

/** Bytes that differ from their neighbours, in pieces of the sizes given. */
function* pieces(total: number, ...sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < total; turn++) {
    const size = Math.min(sizes[turn % sizes.length] ?? 1, total - at)
    yield Buffer.from(Uint8Array.from({ length: size }, (_, index) => (at + index) % 251))
    at += size
  }
}

describe('a recorder', () => {
  test('does without a spill file that cannot even be asked for, and comes to an end', async () => {
    const errors: unknown[] = []
    const fault = new Error('no more files')
    const budget = new Budget({ memory: MIB, spill: MIB, spillFiles: 1 })
    const recorder = new Recorder({
      budget,
      bodyBytes: MIB,
      openSpill: () => {
        throw fault
      },
      onError: (error) => errors.push(error),
    })
    recorder.add(Buffer.alloc(300_000))
    expect(await recorder.content()).toHaveLength(0)
    expect(recorder.truncated).toBe(true)
    expect(errors).toEqual([fault])
    recorder.release()
    expect(budget).toMatchObject({ memory: 0, spill: 0, spillFiles: 0 })
  })

  test.each([
    ['one byte at a time', 100_000, [1]],
    ['pieces of all sizes', 200_000, [1, 7000, 3, 65_536, 100]],
    ['one piece', 200_000, [200_000]],
    ['more than memory is used for', 3_000_000, [1, 70_000, 9, 4096]],
    ['very many bytes one at a time, beyond memory', 600_000, [1]],
  ])('keeps what passes exactly: %s', async (_, total, sizes) => {
    const { budget, recorder } = start()
    const expected = Buffer.concat([...pieces(total, ...sizes)])
    for (const piece of pieces(total, ...sizes)) {
      recorder.add(piece)
      piece.fill(0)
    }
    expect(recorder.size).toBe(total)
    expect(recorder.truncated).toBe(false)
    expect((await contentOf(recorder)).equals(expected)).toBe(true)
    recorder.release()
    expect([budget.memory, budget.spill, budget.spillFiles]).toEqual([0, 0, 0])
  })

  test('takes from the budget what it really holds, however small the pieces', () => {
    const { budget, recorder } = start()
    for (const piece of pieces(100_000, 1)) recorder.add(piece)
    // More than the bytes: a piece that had memory of its own would cost a hundredfold.
    expect(budget.memory).toBeGreaterThan(100_000)
    expect(budget.memory).toBeLessThan(100_000 + 64 * 1024)
    recorder.seal()
    expect(budget.memory).toBe(100_000)
  })

  test('passes on to the file more than there is memory for, and in the end keeps none', async () => {
    const { budget, recorder } = start({ memory: 300_000 })
    const expected = Buffer.concat([...pieces(3_000_000, 30_000)])
    for (const piece of pieces(3_000_000, 30_000)) {
      recorder.add(piece)
      // As an upload that is no faster than the disk.
      while (budget.memory > 270_000) await nextTurn()
    }
    expect([recorder.size, recorder.truncated]).toEqual([3_000_000, false])
    recorder.seal()
    while (budget.memory > 0) await nextTurn()
    expect((await contentOf(recorder)).equals(expected)).toBe(true)
  })

  test('makes do with small blocks where others have taken the memory', async () => {
    const { budget, recorder } = start({ memory: 400_000 })
    // Taken by others.
    budget.memory += 100_000
    for (const piece of pieces(330_000, 10_000)) recorder.add(piece)
    budget.memory -= 100_000
    expect([recorder.size, recorder.truncated]).toEqual([300_000, true])
    expect((await contentOf(recorder)).equals(Buffer.concat([...pieces(300_000, 10_000)]))).toBe(
      true,
    )
  })

  test('stops at the cap of a body, of memory and of spill files, and says so', async () => {
    const body = start({ bodyBytes: 1000 }).recorder
    for (const piece of pieces(5000, 300)) body.add(piece)
    expect([body.size, body.truncated]).toEqual([1000, true])

    const memory = start({ memory: 10_000 })
    for (const piece of pieces(50_000, 300)) memory.recorder.add(piece)
    expect(memory.recorder.truncated).toBe(true)
    expect(memory.budget.memory).toBeLessThanOrEqual(10_000)

    const spill = start({ spill: 500_000 })
    for (const piece of pieces(2_000_000, 30_000)) spill.recorder.add(piece)
    expect(spill.recorder.truncated).toBe(true)
    expect(spill.budget.spill).toBeLessThanOrEqual(500_000)
    expect((await contentOf(spill.recorder)).length).toBe(spill.recorder.size)
  })
})

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Outbox } from '../../src/outbox/outbox.ts'
import type { OutboxSettings, OutboxTiming } from '../../src/outbox/outbox-settings.ts'
import type { RecordWriter } from '../../src/outbox/shipper.ts'
import { temporaryFolder } from '../samples/store.ts'

/** As a logger has it, but with times in which a test can see what happens. */
export const SOON: OutboxTiming = { scanMs: 50, idleMs: 50, patienceMs: 10_000 }
/** As a logger has it. */
export const USUAL: OutboxTiming = { scanMs: 30_000, idleMs: 30_000, patienceMs: 10_000 }

/** An outbox of the test's own, and what it was told of. */
export interface TestOutbox {
  readonly outbox: Outbox
  readonly dir: string
  readonly errors: unknown[]
  /** The messages of those. */
  messages(): string[]
}

/** Opens an outbox, which is closed when the test is over. */
export function openOutbox(
  writer: RecordWriter,
  given: Partial<OutboxSettings> = {},
  timing: OutboxTiming = USUAL,
): TestOutbox {
  const errors: unknown[] = []
  const dir = given.dir ?? join(temporaryFolder(), '.outbox')
  const outbox = new Outbox(
    {
      dir,
      maxBytes: 1024 ** 3,
      alarmBytes: 1024 ** 3 / 2,
      destination: 'flagging',
      writer,
      onError: (error) => void errors.push(error),
      ...given,
    },
    timing,
  )
  onTestFinished(() => outbox.close())
  const messages = (): string[] => errors.map((error) => String((error as Error).message))
  return { outbox, dir, errors, messages }
}

/** All files in a directory, by their paths below it. */
export function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return []
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1))
    .toSorted()
}

/** A writer, and the ids of the samples that it stored, in the order of that. */
export interface Recorded extends RecordWriter {
  readonly ids: string[]
  /** How many samples each call had. */
  readonly batches: number[]
}

/** Notes what a writer stores. */
export function recorded(writer: RecordWriter): Recorded {
  const ids: string[] = []
  const batches: number[] = []
  return {
    ids,
    batches,
    async write(records) {
      const counts = await writer.write(records)
      ids.push(...records.map(({ id }) => id))
      batches.push(records.length)
      return counts
    },
  }
}

import { join } from 'node:path'
import { CSVLogger, type CSVLoggerOptions, type Component, type FlagValue } from '@flagging/core'
import { SourceFile, memorySource } from '@flagging/core/store'

/** Two untyped columns. */
export const PAIR: readonly Component[] = [
  { label: 'a', type: 'any', role: 'input' },
  { label: 'b', type: 'any', role: 'output' },
]

/** A file of these bytes. */
export function fileOf(bytes: string, type = 'image/png'): SourceFile {
  return new SourceFile('upload', type, memorySource(Buffer.from(bytes)))
}

/** Adds samples to a directory, each a day after the one before. */
export async function flag(
  dir: string,
  rows: readonly (readonly FlagValue[])[],
  { columns = ['timestamp', 'id'], components = PAIR, folder = '', day = 1 }: Flagged = {},
): Promise<void> {
  const logger = new CSVLogger({ columns, fsync: 'none' })
  for (const [n, row] of rows.entries()) {
    await logger.flag(row, undefined, undefined, {
      components,
      dir: join(dir, folder),
      id: `${n}`.padStart(22, 'a'),
      endpoint: folder,
      method: 'POST',
      status: 200,
      startedAt: new Date(Date.UTC(2026, 0, day + n)),
      duration: 1,
      ended: 'complete',
      truncated: false,
      byHand: true,
    })
  }
  await logger.close()
}

interface Flagged {
  readonly columns?: CSVLoggerOptions['columns'] & {}
  readonly components?: readonly Component[]
  readonly folder?: string
  readonly day?: number
}

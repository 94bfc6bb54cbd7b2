import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FlagValue, FlaggedFile } from '@flagging/core'
import { isFlaggedFile, isFlaggedFileList, readStored, stringifyJSON } from '@flagging/core/store'
import { onTestFinished } from 'vitest'

/** A directory of the test's own, which is deleted when it is over. */
export function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), 'flagging-transfer-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Everything of the samples of a directory as texts, so that nothing is equal that is not the same. */
export async function samplesOf(dir: string): Promise<Record<string, unknown>[]> {
  const samples: Record<string, unknown>[] = []
  const onBad = (error: Error): never => {
    throw error
  }
  for await (const sample of readStored(dir, { onBad })) {
    const { dataset, components, values, json, option, username, endpoint, details } = sample
    const { log: _, ...known } = details
    samples.push({
      dataset,
      components: components.map(({ label, type, role }) => `${role} ${type} ${label}`),
      values: await Promise.all(
        components.map(async (_, index) => json?.[index] ?? (await spelled(values[index] ?? null))),
      ),
      option,
      username,
      endpoint,
      details: known,
      correction: sample.correctionJSON ?? stringifyJSON(details.correction ?? null),
    })
  }
  return samples
}

/** A value as a text: a file by its type, size and SHA-256. */
async function spelled(value: FlagValue): Promise<unknown> {
  if (isFlaggedFile(value)) return spelledFile(value)
  if (isFlaggedFileList(value)) return Promise.all(value.map(spelledFile))
  return stringifyJSON(value)
}

async function spelledFile(file: FlaggedFile): Promise<unknown> {
  const sha256 = createHash('sha256')
    .update(await file.bytes())
    .digest('hex')
  return { type: file.type, size: file.size, sha256 }
}

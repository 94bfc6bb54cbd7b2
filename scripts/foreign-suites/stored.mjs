// What a run has left in its store.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readSamples } from '../../packages/core/dist/index.js'

/** The apps of a run, the samples that they say they stored, those read back, and errors reported. */
export async function readStore(folder) {
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []
  let apps = 0
  let stored = 0
  for (const { name } of entries.filter((entry) => entry.name.startsWith('stats-'))) {
    const stats = JSON.parse(readFileSync(join(folder, name), 'utf8'))
    apps += stats.apps
    stored += stats.stored
  }
  let rows = 0
  const errors = []
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const onBad = (bad) => errors.push(`read back: ${bad.message}`)
    for await (const _sample of readSamples(join(folder, name), { onBad })) rows++
  }
  const reported = join(folder, 'errors.txt')
  if (existsSync(reported)) errors.push(...readFileSync(reported, 'utf8').trim().split('\n'))
  return { apps, stored, rows, errors }
}

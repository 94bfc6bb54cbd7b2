import { resolve } from 'node:path'
import { readSamples } from '../store/examples.ts'
import type { SampleSource } from '../store/sample-source.ts'
import { badOption } from './bad-option.ts'

/** Where examples are read from; a directory is taken as it is named now, wherever the process goes. */
export function exampleSource(given: unknown): SampleSource | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'string') {
    const dir = resolve(given)
    return { readSamples: (options) => readSamples(dir, options) }
  }
  if (typeof (given as Partial<SampleSource> | null)?.readSamples === 'function') {
    return given as SampleSource
  }
  throw badOption('`examples` must be a flagged directory, or have the method `readSamples`.')
}

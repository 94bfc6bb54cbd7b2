import {
  type FlaggedFile,
  type FlagValue,
  type ReadOptions,
  type Sample,
  loadExamples,
} from '@flagging/core'
import { expect } from 'vitest'
import type { World } from './world.ts'

/** A sample as it was read back, its files as their bytes. */
export interface Loaded {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<Record<string, unknown>>
  readonly details: Sample['details']
}

/** Everything that was stored, by endpoint (the root's is ''), in the order of the rows. */
export async function loaded(
  world: World,
  options: ReadOptions = {},
): Promise<Record<string, readonly Loaded[]>> {
  const bad: unknown[] = []
  const byEndpoint: Record<string, Loaded[]> = {}
  const samples = await loadExamples(world.dir, { onBad: (error) => bad.push(error), ...options })
  for (const { endpoint, inputs, outputs, details } of samples) {
    const list = (byEndpoint[endpoint ?? ''] ??= [])
    list.push({ inputs: await read(inputs), outputs: await read(outputs), details })
  }
  expect(bad).toEqual([])
  return byEndpoint
}

/** What was stored of the one interaction with each endpoint: its inputs. */
export async function loadedInputs(world: World): Promise<Record<string, Loaded['inputs']>> {
  const byEndpoint = Object.entries(await loaded(world))
  return Object.fromEntries(
    byEndpoint.map(([endpoint, [sample, ...more]]) => {
      expect([endpoint, more]).toEqual([endpoint, []])
      return [endpoint, sample?.inputs ?? {}]
    }),
  )
}

async function read(
  record: Readonly<Record<string, FlagValue>>,
): Promise<Readonly<Record<string, unknown>>> {
  const plain: [string, unknown][] = []
  for (const [label, value] of Object.entries(record)) {
    plain.push([label, Array.isArray(value) ? await all(value) : await one(value)])
  }
  // Not by assignment, so that `__proto__` stays a label.
  return Object.fromEntries(plain)
}

function all(values: readonly FlagValue[]): Promise<unknown[]> {
  return Promise.all(values.map(one))
}

async function one(value: FlagValue): Promise<unknown> {
  return isFile(value) ? Buffer.from(await value.bytes()) : value
}

function isFile(value: unknown): value is FlaggedFile {
  return typeof (value as FlaggedFile | null)?.saveTo === 'function'
}

import { randomBytes } from 'node:crypto'
import { type Component, type FlagDetails, number, text } from '@flagging/core'

/** The components of the samples that are written. */
export const COMPONENTS: readonly Component[] = [
  { ...number('temperature'), role: 'input' },
  { ...text('prompt'), role: 'input' },
  { ...text('Output'), role: 'output' },
]

const WORDS = 'the model answers what it has been asked with some sentences of no great length '

/** One sample: some 600 bytes of values, as a chat of a few sentences has. */
export interface BenchSample {
  readonly values: readonly [temperature: number, prompt: string, output: string]
  readonly details: FlagDetails
}

/** Makes a sample of an interaction that has just been. */
export function sampleOf(n: number, dir: string): BenchSample {
  return {
    values: [n % 100, `${n} ${WORDS}`, WORDS.repeat(6)],
    details: {
      components: COMPONENTS,
      dir,
      id: randomBytes(16).toString('base64url'),
      endpoint: 'chat',
      method: 'POST',
      status: 200,
      startedAt: new Date(),
      duration: 12.5,
      ended: 'complete',
      truncated: false,
      byHand: false,
    },
  }
}

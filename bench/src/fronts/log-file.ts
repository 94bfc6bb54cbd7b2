import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Mounted } from './front.ts'

/** A file for loggers that are given a stream. */
export function logFile(dir: string): { readonly stream: Writable; readonly mounted: Mounted } {
  const stream = createWriteStream(join(dir, 'log'), { flags: 'a' })
  const settled = (): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write('', (error) => (error ? reject(error) : resolve()))
    })
  return { stream, mounted: { settled } }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { onTestFinished } from 'vitest'
import type { Component, ComponentType } from '../src/components.ts'
import { SourceFile, memorySource } from '../src/store/byte-source.ts'
import type { FileSystem, OpenFile } from '../src/store/file-system.ts'
import type { FlagDetails } from '../src/store/flagging-callback.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'

/** A directory that is removed after the test. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'flagging-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
  return directory
}

export function components(...labels: string[]): Component[] {
  return typed('any', ...labels)
}

export function typed(type: ComponentType, ...labels: string[]): Component[] {
  return labels.map((label) => ({ label, type }))
}

export const CALCULATOR: Component[] = components('num1', 'operation', 'num2', 'Output')

export const PNG: Buffer = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

export function fileOf(bytes: Uint8Array | string, type = 'image/png'): SourceFile {
  return new SourceFile('upload', type, memorySource(Buffer.from(bytes)))
}

export function details(
  dir: string,
  of: Component[],
  more: Partial<FlagDetails> = {},
): FlagDetails {
  return {
    components: of,
    dir,
    id: 'Zm9vYmFyYmF6cXV4MTIzNA',
    endpoint: 'calculate',
    method: 'POST',
    status: 200,
    startedAt: new Date('2026-01-02T03:04:05.678Z'),
    duration: 12.5,
    ended: 'complete',
    truncated: false,
    byHand: false,
    ...more,
  }
}

export function text(...path: string[]): string {
  return readFileSync(join(...path), 'utf8')
}

/** The records of a log, read strictly by somebody else's parser. */
export function records(...path: string[]): string[][] {
  return parse(readFileSync(join(...path)), { columns: false })
}

export function names(...path: string[]): string[] {
  return readdirSync(join(...path)).toSorted()
}

export function modeOf(...path: string[]): string {
  return (statSync(join(...path)).mode & 0o777).toString(8)
}

/** One call to the disk. */
export interface Call {
  readonly name: string
  readonly path: string
}

/** What happens at a call: nothing, a failure, or a write that takes only `short` bytes. */
export type Fault = { readonly code?: string; readonly short?: number } | undefined

/**
 * The real disk, but each call is shown to `watch` first, which may let it fail. Nothing is really
 * synced: no test here cuts the power.
 */
export function watchedFileSystem(watch: (call: Call) => Fault | void): FileSystem {
  const check = (name: string, path: string): void => {
    const fault = watch({ name, path })
    if (fault?.code !== undefined) throw failure(fault.code)
  }
  const watchFile = (file: OpenFile, path: string): OpenFile => {
    const call =
      <A extends unknown[], R>(name: string, run: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        check(name, path)
        return run(...args)
      }
    return {
      fd: file.fd,
      stat: call('fstat', () => file.stat()),
      statNow() {
        check('fstatNow', path)
        return file.statNow()
      },
      readNow(...args) {
        check('readNow', path)
        return file.readNow(...args)
      },
      read: call('read', (...args: Parameters<OpenFile['read']>) => file.read(...args)),
      async write(bytes, offset, length, position) {
        const fault = watch({ name: 'write', path })
        const taken = Math.min(fault?.short ?? length, length)
        if (fault?.code === undefined) return file.write(bytes, offset, taken, position)
        if (taken < length) await file.write(bytes, offset, taken, position)
        throw failure(fault.code)
      },
      truncate: call('truncate', (size: number) => file.truncate(size)),
      resemble: call('resemble', (...args: Parameters<OpenFile['resemble']>) =>
        file.resemble(...args),
      ),
      sync: call('sync', () => Promise.resolve()),
      datasync: call('datasync', () => Promise.resolve()),
      async close() {
        await file.close()
        check('close', path)
      },
      tryLock: (byte) => file.tryLock(byte),
      unlock: (byte) => file.unlock(byte),
    }
  }
  const wrapped = { ...nodeFileSystem } as unknown as Record<string, unknown>
  for (const [name, run] of Object.entries(nodeFileSystem)) {
    if (name === 'lockProblem') continue
    if (name === 'lstatNow' || name === 'statNow') {
      wrapped[name] = (path: string) => {
        check(name, path)
        return nodeFileSystem[name](path)
      }
      continue
    }
    wrapped[name] = async (...args: string[]) => {
      check(name, args.at(name === 'link' || name === 'rename' ? 1 : 0) ?? '')
      if (name === 'syncDirectory') return undefined
      const result: unknown = await (run as (...given: string[]) => unknown)(...args)
      return name === 'open' ? watchFile(result as OpenFile, args[0] ?? '') : result
    }
  }
  return wrapped as unknown as FileSystem
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: a fault of the test`), { code })
}

/** What the child process is to do; see `csv-logger-writer.ts`. */
export interface WriterJob {
  readonly dir: string
  readonly name: string
  readonly flags: number
  readonly concurrency: number
  /** How long each of the `width` filler cells of a row is. */
  readonly size: number
  readonly width: number
  readonly files: boolean
}

const ROOT = new URL('../../../', import.meta.url)

/** Starts another process that flags. It prints the value of each row when that is acknowledged. */
export function startWriter(job: WriterJob): ChildProcess {
  return spawn(
    process.execPath,
    [
      new URL('scripts/run.mjs', ROOT).pathname,
      new URL('csv-logger-writer.ts', import.meta.url).pathname,
      JSON.stringify(job),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
}

/** The lines that a process prints, each handed over as it comes; resolves when it has ended. */
export async function linesOf(
  child: ChildProcess,
  each: (line: string) => void = () => undefined,
): Promise<string[]> {
  const lines: string[] = []
  let rest = ''
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) {
      lines.push(line)
      each(line)
    }
  })
  await ended
  return lines
}

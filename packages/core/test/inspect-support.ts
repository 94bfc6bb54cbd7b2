import { type ChildProcess, spawn } from 'node:child_process'
import {
  appendFileSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { CSVLogger } from '../src/store/csv-logger.ts'
import type { Report } from '../src/inspect/report.ts'
import { components, fileOf } from './csv-logger-support.ts'

export const LABELS: string[] = ['im', 'note']

/** Makes a dataset with rows of a file and a text each, numbered from `from` on. */
export async function flagRows(dir: string, rows: number, from = 0): Promise<void> {
  // No test here cuts the power.
  const logger = new CSVLogger({ fsync: 'none' })
  logger.onError = () => undefined
  await logger.setup(components(...LABELS), dir)
  for (let n = from; n < from + rows; n++) {
    await logger.flag([fileOf(`file ${n}`, 'application/json'), `note "${n}", so it goes`])
  }
  await logger.close()
}

/** Makes a hole in row 1 that is no part of the last write. */
export async function flagWithHole(dir: string): Promise<void> {
  await flagRows(dir, 3)
  appendFileSync(join(dir, 'logs.csv'), `,${'x'.repeat(99_000)}\n`.repeat(50))
  overwrite(dir, startOf(dir, 1) + 16, '\0'.repeat(9))
}

/** The offset at which a row starts in a log of {@link flagRows}. */
export function startOf(dir: string, n: number): number {
  return readFileSync(join(dir, 'logs.csv'), 'utf8').indexOf(`im/${n}-0.json`)
}

/** Writes over the bytes of a log. */
export function overwrite(dir: string, at: number, bytes: string): void {
  const log = join(dir, 'logs.csv')
  const content = readFileSync(log)
  content.write(bytes, at)
  writeFileSync(log, content)
}

/** Makes a file look as if nobody had touched it for two hours. */
export function age(...path: string[]): void {
  const then = Date.now() / 1000 - 7200
  utimesSync(join(...path), then, then)
}

/** Ways to damage a dataset of ten rows of {@link flagRows}, and the problems that this makes. */
export const DAMAGES: Record<string, { readonly make: (dir: string) => void; codes: string[] }> = {
  'a row with too few cells': {
    make: (dir) => appendFileSync(join(dir, 'logs.csv'), 'alone\n'),
    codes: ['bad_row'],
  },
  'a hole of NUL bytes': {
    make: (dir) => overwrite(dir, startOf(dir, 4) + 16, '\0'.repeat(12)),
    codes: ['hole'],
  },
  'an unfinished row': {
    make: (dir) => appendFileSync(join(dir, 'logs.csv'), 'im/10-0.json,"half'),
    codes: ['torn_tail'],
  },
  'a broken first line': {
    make: (dir) => overwrite(dir, 0, '"m'),
    codes: ['bad_header'],
  },
  'a file that is gone': {
    make: (dir) => unlink(dir, 'im/3-0.json'),
    codes: ['missing_file'],
  },
  'a file that was cut': {
    make: (dir) => writeFileSync(join(dir, 'im/5-0.json'), 'fi'),
    codes: ['wrong_size'],
  },
  'a file that two rows name': {
    make: (dir) => appendFileSync(join(dir, 'logs.csv'), 'im/6-0.json,again\n'),
    codes: ['shared_file'],
  },
  'a symbolic link in the place of a file': {
    make: (dir) => {
      unlink(dir, 'im/3-0.json')
      symlinkSync('4-0.json', join(dir, 'im/3-0.json'))
    },
    codes: ['not_a_file'],
  },
  'a file that no row names': {
    make: (dir) => {
      writeFileSync(join(dir, 'im/70-0.json'), 'nobody', { mode: 0o600 })
      age(dir, 'im/70-0.json')
    },
    codes: ['orphan'],
  },
  'an upload whose writer has died': {
    make: (dir) => {
      writeFileSync(join(dir, '.flagging/abandoned012.tmp'), 'half', { mode: 0o600 })
      age(dir, '.flagging/abandoned012.tmp')
    },
    codes: ['abandoned_upload'],
  },
  'a component list that is none': {
    make: (dir) => writeFileSync(join(dir, '.flagging/components.json'), '{'),
    codes: ['component_list'],
  },
}

function unlink(dir: string, path: string): void {
  rmSync(join(dir, path))
}

/** Every file under a directory with its content, and every other thing with its kind. */
export function snapshot(dir: string, below = ''): Record<string, string> {
  const all: Record<string, string> = {}
  for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
    const path = join(below, entry.name)
    if (entry.isDirectory()) Object.assign(all, snapshot(dir, path))
    else if (entry.isFile()) all[path] = readFileSync(join(dir, path), 'latin1')
    else all[path] = 'something else'
    const { mode, mtimeMs } = statSync(join(dir, below))
    all[`${below}/`] = `${mode} ${mtimeMs}`
  }
  return all
}

const ROOT = new URL('../../../', import.meta.url)

/** Starts the command as it is installed, from source. */
export function startCommand(args: readonly string[], node: readonly string[] = []): ChildProcess {
  return spawn(
    process.execPath,
    [
      ...node,
      new URL('scripts/run.mjs', ROOT).pathname,
      new URL('packages/core/src/cli.ts', ROOT).pathname,
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
}

/** What a command printed, and its exit code. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command to its end. */
export function runToEnd(args: readonly string[], node: readonly string[] = []): Promise<Outcome> {
  const child = startCommand(args, node)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The codes of what is wrong. */
export function codesOf({ problems }: Pick<Report, 'problems'>): string[] {
  return problems.map(({ code }) => code)
}

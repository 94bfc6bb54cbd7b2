import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { nodeFileSystem } from '@flagging/core/store'
import { runCommand } from '../../../core/src/inspect/command.ts'

const ROOT = new URL('../../../../', import.meta.url)
const CLI = fileURLToPath(new URL('packages/core/src/cli.ts', ROOT))
/** A project in which `@flagging/postgres-logger` is found: its own. */
const PROJECT = fileURLToPath(new URL('packages/postgres-logger/', ROOT))

/** How the command is started. */
export interface Start {
  /** The folder that it is typed in. Default: one from which this package is found. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** What the command printed, and its exit code. */
export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the command `flagging` as a user would, from source. */
export function startFlagging(
  args: readonly string[],
  { cwd = PROJECT, env }: Start = {},
): ChildProcess {
  return spawn(
    process.execPath,
    [
      `--import=${pathToFileURL(fileURLToPath(new URL('scripts/typescript.mjs', ROOT))).href}`,
      '--conditions=@flagging/source',
      CLI,
      ...args,
    ],
    { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
}

/** What a command that was started comes to. */
export function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}

/** Runs the command `flagging` to its end. */
export function runFlagging(args: readonly string[], start?: Start): Promise<Outcome> {
  return outcomeOf(startFlagging(args, start))
}

/** Runs the command here, on a terminal or not. */
export async function flaggingHere(
  args: readonly string[],
  isTTY = false,
): Promise<Pick<Outcome, 'code' | 'stdout' | 'stderr'>> {
  let stdout = ''
  let stderr = ''
  const code = await runCommand(args, {
    fs: nodeFileSystem,
    stdout: { write: (text) => (stdout += text) },
    stderr: { isTTY, write: (text) => (stderr += text) },
    version: '1.2.3',
    cwd: PROJECT,
  })
  return { code, stdout, stderr }
}

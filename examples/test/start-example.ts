import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** An example that runs as a process of its own, in an empty directory. */
export interface Example {
  readonly url: string
  /** Where it runs, and so where `flagged` lies. */
  readonly dir: string
  /** What it has printed so far. */
  readonly printed: () => string
  /** A file below `dir`. */
  readonly read: (path: string) => Promise<Buffer>
  /** Ends it with SIGTERM and gives what it printed on stderr. */
  readonly stop: () => Promise<string>
}

const root = new URL('../../', import.meta.url)

/** Starts an example from source at a free port; it ends with the test. */
export async function startExample(
  path: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Example> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'flagging-example-')))
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('scripts/run.mjs', root)),
      '--packages-outside',
      fileURLToPath(new URL(`examples/${path}`, root)),
      ...args,
    ],
    { cwd: dir, env: { ...process.env, PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  const stop = async () => {
    await ended(child)
    return output.stderr
  }
  onTestFinished(async () => {
    await stop()
    await rm(dir, { recursive: true, force: true })
  })
  return {
    url: await addressOf(child, output),
    dir,
    printed: () => output.stdout,
    read: (file) => readFile(join(dir, file)),
    stop,
  }
}

function addressOf(child: ChildProcess, output: { stdout: string; stderr: string }) {
  return new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const [address] = /http:\/\/localhost:\d+\b(?=[\s\S]*\n)/.exec(output.stdout) ?? []
      if (address) resolve(address)
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      reject(new Error(`The example ended with ${code}:\n${output.stderr}`))
    })
  })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

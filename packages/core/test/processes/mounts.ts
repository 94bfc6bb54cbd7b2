import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Writer, commandOf } from './writer-pool.ts'

/** Why no file systems can be mounted here, if they cannot. */
export function mountProblem(): string | undefined {
  const script = 'mount -t tmpfs -o size=64k tmpfs /mnt'
  const { status, stderr, error } = spawnSync('unshare', ['-Urm', 'sh', '-c', script])
  if (status === 0) return undefined
  return error?.message ?? String(stderr).trim()
}

/** What runs a program that sees a small disk of its own at a path. */
function onDisk(path: string, kib: number): [string, ...string[]] {
  const mount = `mount -t tmpfs -o size=${kib}k tmpfs "${path}"`
  return ['unshare', '-Urm', 'sh', '-c', `${mount} && exec "$@"`, 'sh']
}

/** A writer that sees a small disk of its own at a path. */
export async function writerOnDisk(path: string, kib: number): Promise<Writer> {
  const writer = new Writer(onDisk(path, kib))
  await writer.ready
  return writer
}

/** Where this process sees what another one sees at a path. */
export function seenBy({ pid }: { readonly pid?: number | undefined }, path: string): string {
  return `/proc/${pid}/root${path}`
}

/** Runs `mount` or `umount` for a process that sees mounts of its own. */
export function changeMounts(
  { pid }: { readonly pid?: number | undefined },
  ...command: readonly string[]
): void {
  execFileSync('nsenter', ['-t', String(pid), '-U', '-m', '--preserve-credentials', ...command])
}

/** An Express app with flagging, whose directory lies on a small disk. */
export async function serverOnDisk(
  path: string,
  kib: number,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const server = new URL('../../../express-adapter/test/full-disk-server.ts', import.meta.url)
  const [unshare, ...args] = onDisk(path, kib)
  const child = spawn(unshare, [...args, ...commandOf(server), `${path}/flagged`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, url: `http://127.0.0.1:${line.slice('ready '.length)}` }
}

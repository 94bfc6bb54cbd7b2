import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { PACKAGES } from './packages.ts'

/** Where the peers lie: outside of everything that the lockfile names. */
export const PEERS_DIR: string = fileURLToPath(
  new URL('../../node_modules/.cache/conformance-peers/', import.meta.url),
)

/** Installs the peers, unless they lie there in these versions already. */
export async function installPeers(): Promise<void> {
  const wanted = JSON.stringify(PACKAGES)
  const stamp = `${PEERS_DIR}installed.json`
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return
  await rm(PEERS_DIR, { recursive: true, force: true })
  await mkdir(PEERS_DIR, { recursive: true })
  await npmInstall(Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`))
  // A peer that asks the framework something must meet the copy that serves the probes.
  for (const framework of ['express', 'hono']) await link(framework)
  await writeFile(`${PEERS_DIR}load.mjs`, 'export const load = (name) => import(name)\n')
  await writeFile(stamp, wanted)
}

async function npmInstall(packages: readonly string[]): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const apart = ['--no-save', '--ignore-scripts', '--legacy-peer-deps', '--prefix', PEERS_DIR]
  const npm = spawn('npm', ['install', ...apart, ...quiet, ...packages], {
    cwd: PEERS_DIR,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  const [code] = await once(npm, 'close')
  if (code !== 0) throw new Error(`npm could not install the peers: it ended with ${code}`)
}

async function link(framework: string): Promise<void> {
  const ours = fileURLToPath(new URL(`../node_modules/${framework}`, import.meta.url))
  const theirs = `${PEERS_DIR}node_modules/${framework}`
  await rm(theirs, { recursive: true, force: true })
  await symlink(await realpath(ours), theirs, 'junction')
}

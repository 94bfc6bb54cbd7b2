// What `start.mjs` and `test.mjs` share. No dependencies: this runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const packages = ['core', 'hono-adapter', 'express-adapter', 'postgres-logger']

const pnpmVersion = '10.34.9'
const lockfile = `${root}pnpm-lock.yaml`
const stamp = `${root}node_modules/.cache/installed-lockfile`

/** Runs a program to its end in the foreground; gives its exit code. */
function run(command, args, options = {}) {
  const shell = process.platform === 'win32'
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell,
    ...options,
  })
  if (error) console.error(error.message)
  return status ?? 1
}

/** Runs the pnpm that the lockfile was made with, through npx, so that nobody needs to install it. */
export function pnpm(args, options = {}) {
  const env = { ...process.env, CI: 'true', ...options.env }
  return run('npx', ['-y', `pnpm@${pnpmVersion}`, ...args], { ...options, env })
}

/** Runs a tool of the workspace. */
export function tool(name, args = [], options = {}) {
  return run(`${root}node_modules/.bin/${name}`, args, options)
}

/** Installs what the lockfile names, unless that lies here already; gives an exit code. */
export function install() {
  if (isInstalled()) return 0
  console.log('Installing what pnpm-lock.yaml names ...')
  const code = pnpm(['install', '--frozen-lockfile'])
  if (code === 0) {
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, lockfileHash())
  }
  return code
}

function isInstalled() {
  const members = [
    'bench',
    'conformance',
    'examples',
    ...packages.map((name) => `packages/${name}`),
  ]
  const folders = [root, ...members.map((name) => `${root}${name}/`)]
  if (!folders.every((folder) => existsSync(`${folder}node_modules`))) return false
  if (existsSync(stamp)) return readFileSync(stamp, 'utf8') === lockfileHash()
  const installed = statSync(`${root}node_modules/.modules.yaml`, { throwIfNoEntry: false })
  return installed !== undefined && installed.mtimeMs >= statSync(lockfile).mtimeMs
}

function lockfileHash() {
  return createHash('sha256').update(readFileSync(lockfile)).digest('hex')
}

// What `start.mjs` and `test.mjs` share. No dependencies: this runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
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
function run([command, args, options]) {
  const { status, error } = spawnSync(command, args, {
    ...options,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error) console.error(error.message)
  return status ?? 1
}

/** Runs a program beside others; gives its exit code, and all that it said. */
function runBeside([command, args, options]) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => said.push(text))
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve({ code: 1, said: `${message}\n` }))
    child.on('close', (code) => resolve({ code: code ?? 1, said: Buffer.concat(said).toString() }))
  })
}

/** Runs the pnpm that the lockfile was made with, through npx, so that nobody needs to install it. */
function pnpm(args, options) {
  return run(pnpmCommand(args, options))
}

/** {@link pnpm}, beside others: resolves with its exit code, and all that it said. */
export function pnpmBeside(args, options) {
  return runBeside(pnpmCommand(args, options))
}

/** Runs a tool of the workspace. */
export function tool(name, args, options) {
  return run(toolCommand(name, args, options))
}

/** Runs a module of ours from source. */
export function source(path, args = []) {
  const hooks = new URL('typescript.mjs', import.meta.url).href
  const options = ['--import', hooks, '--conditions=@flagging/source']
  return run([process.execPath, [...options, path, ...args], { cwd: root }])
}

/** {@link tool}, beside others: resolves with its exit code, and all that it said. */
export function toolBeside(name, args, options) {
  return runBeside(toolCommand(name, args, options))
}

function pnpmCommand(args, options = {}) {
  const env = { ...process.env, CI: 'true', ...options.env }
  return commandOf('npx', ['-y', `pnpm@${pnpmVersion}`, ...args], { ...options, env })
}

function toolCommand(name, args = [], options = {}) {
  return commandOf(`${root}node_modules/.bin/${name}`, args, options)
}

function commandOf(command, args, options) {
  return [command, args, { cwd: root, shell: process.platform === 'win32', ...options }]
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

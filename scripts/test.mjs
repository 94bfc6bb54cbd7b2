// `npm test`: every check of the house, then every test. The last line says how many passed and failed.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, packages, pnpmBeside, root, tool, toolBeside } from './workspace.mjs'

const scratch = mkdtempSync(join(tmpdir(), 'flagging-test-'))
const count = { passed: 0, failed: 0 }
const failures = []

try {
  if (recordInstall()) {
    await Promise.all([
      check('format', () => toolBeside('oxfmt', ['--check'])),
      check('lint', () => toolBeside('oxlint', ['--type-aware', '--deny-warnings'])),
      check('unused code and dependencies', () => toolBeside('knip')),
      checkBuilds(),
    ])
    runTests()
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

if (failures.length > 0) console.log(`\nFailed:\n${failures.map((name) => `  ${name}`).join('\n')}`)
console.log(`\n${count.passed} passed, ${count.failed} failed`)
process.exitCode = count.failed > 0 ? 1 : 0

function recordInstall() {
  console.log('\n== install')
  const passed = install() === 0
  console.log(`-- install: ${passed ? 'passed' : 'FAILED'}`)
  record('install', passed)
  return passed
}

/** Checks are made side by side; what one has said is shown when it has ended. */
async function check(name, step) {
  const startedAt = performance.now()
  const { code, said } = await step()
  const passed = code === 0
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`\n== ${name}\n${said}-- ${name}: ${passed ? 'passed' : 'FAILED'} (${seconds} s)`)
  record(name, passed)
  return passed
}

function record(name, passed) {
  count[passed ? 'passed' : 'failed'] += 1
  if (!passed) failures.push(name)
}

/** Packs each package as it would be published and has the tarballs judged, and checks all types. */
async function checkBuilds() {
  const [core, ...others] = packages
  const judged = []
  const pack = async (name) => {
    const folder = join(scratch, name)
    const cwd = join(root, 'packages', name)
    const packing = () => pnpmBeside(['pack', '--pack-destination', folder], { cwd })
    if (!(await check(`${name}: pack`, packing))) return
    judged.push(judge(name, join(folder, readdirSync(folder)[0])))
  }
  // All of these write into `dist`, and go on with what core has there.
  await pack(core)
  await Promise.all(others.map(pack))
  await Promise.all([...judged, check('types', () => toolBeside('tsc', ['-b']))])
}

async function judge(name, tarball) {
  await Promise.all([
    check(`${name}: publint`, () => toolBeside('publint', ['--strict', tarball])),
    check(`${name}: types for consumers`, () =>
      toolBeside('attw', ['--profile', 'esm-only', tarball]),
    ),
  ])
}

/** Runs vitest; each of its tests counts as one, and a test that did not run is no pass. */
function runTests() {
  console.log('\n== tests')
  const report = join(scratch, 'vitest.json')
  // A place of their own, so that what they leave behind shows.
  const temporary = join(scratch, 'tmp')
  mkdirSync(temporary)
  // PostgreSQL is somebody else there where this is root.
  chmodSync(scratch, 0o711)
  chmodSync(temporary, 0o755)
  Object.assign(process.env, { TMPDIR: temporary, TEMP: temporary, TMP: temporary })
  const code = tool('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  const left = readdirSync(temporary)
  if (left.length > 0) console.log(`\nThe tests have left in their TMPDIR: ${left.join(', ')}`)
  record('tests leave nothing behind', left.length === 0)
  const files = readReport(report)
  let failed = 0
  for (const file of files) {
    const name = file.name.replace(root, '')
    for (const test of file.assertionResults) {
      if (test.status !== 'passed') failed += 1
      record(`${name} > ${test.fullName} (${test.status})`, test.status === 'passed')
    }
    if (file.status === 'failed' && file.assertionResults.length === 0) {
      failed += 1
      record(`${name} did not run`, false)
    }
  }
  if (files.length === 0) record('no tests ran', false)
  else if (code !== 0 && failed === 0)
    record('vitest ended with an error outside of the tests', false)
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults
  } catch {
    return []
  }
}

// `npm test`: every check of the house, then every test. The last line says how many passed and failed.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, packages, pnpm, root, tool } from './workspace.mjs'

const scratch = mkdtempSync(join(tmpdir(), 'flagging-test-'))
const count = { passed: 0, failed: 0 }
const failures = []

try {
  if (check('install', install)) {
    check('format', () => tool('oxfmt', ['--check']))
    check('lint', () => tool('oxlint', ['--type-aware', '--deny-warnings']))
    check('types', () => tool('tsc', ['-b']))
    for (const name of packages) checkPackage(name)
    check('unused code and dependencies', () => tool('knip', []))
    runTests()
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

if (failures.length > 0) console.log(`\nFailed:\n${failures.map((name) => `  ${name}`).join('\n')}`)
console.log(`\n${count.passed} passed, ${count.failed} failed`)
process.exitCode = count.failed > 0 ? 1 : 0

function check(name, step) {
  console.log(`\n== ${name}`)
  const startedAt = performance.now()
  const passed = step() === 0
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`-- ${name}: ${passed ? 'passed' : 'FAILED'} (${seconds} s)`)
  record(name, passed)
  return passed
}

function record(name, passed) {
  count[passed ? 'passed' : 'failed'] += 1
  if (!passed) failures.push(name)
}

/** Packs a package as it would be published, then has the tarball judged. */
function checkPackage(name) {
  const folder = join(scratch, name)
  const cwd = join(root, 'packages', name)
  if (!check(`${name}: pack`, () => pnpm(['pack', '--pack-destination', folder], { cwd }))) return
  const tarball = join(folder, readdirSync(folder)[0])
  check(`${name}: publint`, () => tool('publint', ['--strict', tarball]))
  check(`${name}: types for consumers`, () => tool('attw', ['--profile', 'esm-only', tarball]))
}

/** Runs vitest; each of its tests counts as one, and a test that did not run is no pass. */
function runTests() {
  console.log('\n== tests')
  const report = join(scratch, 'vitest.json')
  const code = tool('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
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

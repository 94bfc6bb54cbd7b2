// Runs a suite one way and tells how each of its tests came out.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const CONFIG = 'flagging.vitest.config.ts'

/**
 * Runs a suite in its folder; gives the outcome of each test by name.
 * @param way `undefined` for untouched, else what is mounted: `nothing`, `auto` or `all`
 * @param store the folder that what is mounted stores in
 */
export function play(suite, folder, way, store) {
  const report = join(folder, '.outcomes.json')
  const env = {
    ...process.env,
    FOREIGN_SUITES_MOUNT: suite.mount,
    FOREIGN_SUITES_OUTCOMES: report,
    FOREIGN_SUITES_STORE: store,
    FOREIGN_SUITES_WAY: way,
  }
  const options = { cwd: folder, env, encoding: 'utf8', maxBuffer: 2 ** 30, report }
  return suite.runner === 'mocha' ? mocha(suite, way, options) : vitest(suite, way, options)
}

function mocha(suite, way, { report, ...options }) {
  const mount = way === undefined ? [] : ['--file', here('mount-on-node.mjs')]
  const args = ['mocha', ...suite.args, ...mount, '--reporter', here('mocha-outcomes.mjs')]
  const told = run(args, report, options)
  const outcomes = new Map()
  for (const [title, outcome] of told) note(outcomes, title, outcome)
  return outcomes
}

function vitest(suite, way, { report, ...options }) {
  const config = way === undefined ? [] : ['--config', CONFIG]
  if (way !== undefined) writeFileSync(join(options.cwd, CONFIG), configOf(suite))
  const args = ['vitest', '--run', '--coverage.enabled=false', ...config, ...suite.args]
  const out = ['--reporter=json', `--outputFile.json=${report}`]
  const { testResults } = run([...args, ...out], report, options)
  const outcomes = new Map()
  for (const { name, status, assertionResults } of testResults) {
    const file = name.replace(`${options.cwd}/`, '')
    if (status === 'failed' && assertionResults.length === 0) note(outcomes, file, 'failed')
    for (const { ancestorTitles, title, status: outcome } of assertionResults) {
      const isRun = outcome === 'passed' || outcome === 'failed'
      note(outcomes, [...ancestorTitles, title].join(' > '), isRun ? outcome : 'skipped')
    }
  }
  return outcomes
}

/** Runs a test runner of the suite's own, and gives what it has written to its report. */
function run(args, report, options) {
  rmSync(report, { force: true })
  const { stdout, stderr } = spawnSync('npx', ['--no-install', ...args], options)
  if (existsSync(report)) return JSON.parse(readFileSync(report, 'utf8'))
  const said = stdout.slice(-2000) + stderr.slice(-2000)
  throw new Error(`The suite did not run to its end:\n${said}`)
}

/** A config beside the suite's own, which adds to it. */
function configOf({ modules, runtimes }) {
  const configs = runtimes.map(
    (name) => `import ${named(name)} from '${pathOf(name)}/vitest.config'`,
  )
  const byFolder = runtimes.map((name) => `'${pathOf(name)}': ${named(name)}`)
  return [
    `import config from './vitest.config'`,
    `import { inFrontOf } from '${here('vitest-in-front.mjs')}'`,
    ...configs,
    `export default inFrontOf(config, ${JSON.stringify(modules)}, { ${byFolder.join(', ')} })`,
  ].join('\n')
}

const named = (name) => name.replaceAll('-', '_')
const pathOf = (name) => `./runtime-tests/${name}`

/** Tests of one name are told apart by their number. */
function note(outcomes, title, outcome) {
  let name = title
  for (let n = 2; outcomes.has(name); n++) name = `${title} (${n})`
  outcomes.set(name, outcome)
}

/** How many tests came out so. */
export function count(outcomes, outcome) {
  return [...outcomes.values()].filter((one) => one === outcome).length
}

// Gets the source of a suite, what it depends on, and nothing of it into our tree.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']

/**
 * A folder with a suite's source at its tag and all that it depends on.
 * @param work the folder for all suites; what it has already is taken as it is
 * @param from where repositories are cloned from, with `{owner}` and `{name}` in it
 */
export function fetchSuite(name, suite, work, from) {
  const folder = join(work, `${name}-${suite.tag}`)
  const isReady = join(work, `${name}-${suite.tag}.ready`)
  if (existsSync(isReady)) return folder
  const [owner, repo] = suite.repo.split('/')
  const source = from.replaceAll('{owner}', owner).replaceAll('{name}', repo)
  const clone = ['clone', '--quiet', '--depth', '1', '--branch', suite.tag]
  mkdirSync(work, { recursive: true })
  run('git', ['-c', 'advice.detachedHead=false', ...clone, source, folder], work)
  // The lists of Hono's suites ask for newer Node versions than they need.
  run('npm', [...INSTALL, '--legacy-peer-deps'], folder)
  for (const [module, version] of Object.entries(suite.beside ?? {})) {
    const beside = join(work, `${name}-${suite.tag}-beside`)
    mkdirSync(beside, { recursive: true })
    writeFileSync(join(beside, 'package.json'), '{}')
    run('npm', [...INSTALL, version], beside)
    cpSync(join(beside, 'node_modules', module), join(folder, 'node_modules', module), {
      recursive: true,
    })
  }
  if (suite.prepare) run(suite.prepare[0], suite.prepare.slice(1), folder)
  writeFileSync(isReady, '')
  return folder
}

function run(command, args, cwd) {
  const options = { cwd, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' }
  const { status, error, stdout, stderr } = spawnSync(command, args, options)
  if (status === 0) return
  const said = error ? error.message : stdout + stderr
  throw new Error(`\`${command} ${args.join(' ')}\` failed in ${cwd}:\n${said}`)
}

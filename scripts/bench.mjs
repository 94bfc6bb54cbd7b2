// `npm run bench`: builds the packages, for that is what users run, and compares what they cost.
import { spawnSync } from 'node:child_process'
import { install, root, tool } from './workspace.mjs'

const built = ['packages/hono-adapter', 'packages/express-adapter']
if (install() !== 0 || tool('tsc', ['-b', ...built]) !== 0) process.exit(1)
const { status } = spawnSync(
  process.execPath,
  ['--import', './scripts/typescript.mjs', 'bench/src/main.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1

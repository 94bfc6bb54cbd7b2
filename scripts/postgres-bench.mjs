// `npm run postgres-bench`: how many samples a second come into PostgreSQL.
import { spawnSync } from 'node:child_process'
import { install, root } from './workspace.mjs'

if (install() !== 0) process.exit(1)
const { status } = spawnSync(
  process.execPath,
  [
    '--import',
    './scripts/typescript.mjs',
    '--conditions=@flagging/source',
    'bench/src/postgres/main.ts',
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1

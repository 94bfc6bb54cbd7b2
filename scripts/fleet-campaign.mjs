// `npm run fleet-campaign`: the tests of `packages/postgres-logger/test/fleet` for minutes, and how long a host takes to
// answer meanwhile, beside one without flagging. `FLAGGING_SEED` repeats what it chose.
import { spawnSync } from 'node:child_process'
import { install, root, tool } from './workspace.mjs'

process.env['FLAGGING_CAMPAIGN'] = '1'
const fleet = 'packages/postgres-logger/test/fleet'
process.exitCode =
  install() ||
  tool('vitest', ['run', '--config', `${fleet}/campaign.config.ts`, ...process.argv.slice(2)]) ||
  compare()

function compare() {
  const { status } = spawnSync(
    process.execPath,
    [
      `--import=${new URL('./typescript.mjs', import.meta.url)}`,
      '--conditions=@flagging/source',
      `${root}${fleet}/compare.ts`,
    ],
    { cwd: root, stdio: 'inherit' },
  )
  return status ?? 1
}

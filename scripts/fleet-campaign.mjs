// `npm run fleet-campaign`: the tests of `packages/postgres-logger/test/fleet` for minutes, and how long a host takes to
// answer meanwhile, beside one without flagging. `FLAGGING_SEED` repeats what it chose.
import { install, source, tool } from './workspace.mjs'

process.env['FLAGGING_CAMPAIGN'] = '1'
const fleet = 'packages/postgres-logger/test/fleet'
process.exitCode =
  install() ||
  tool('vitest', ['run', '--config', `${fleet}/campaign.config.ts`, ...process.argv.slice(2)]) ||
  source(`${fleet}/compare.ts`)

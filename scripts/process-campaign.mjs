// `npm run process-campaign`: the tests of `packages/core/test/processes` with hundreds of kills, tens of thousands of
// rows, and disks that are full. It takes its time.
import { install, tool } from './workspace.mjs'

process.env['FLAGGING_CAMPAIGN'] = '1'
const config = 'packages/core/test/processes/campaign.config.ts'
process.exitCode =
  install() || tool('vitest', ['run', '--config', config, ...process.argv.slice(2)])

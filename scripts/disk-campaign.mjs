// `npm run disk-campaign`: the tests of `packages/core/test/disk` in all states of the disk that there is time for.
import { install, tool } from './workspace.mjs'

process.env['FLAGGING_DISK_CAMPAIGN'] = '1'
process.exitCode =
  install() || tool('vitest', ['run', 'packages/core/test/disk', ...process.argv.slice(2)])

// `npm run soak`: the tests of `test/bounds` with many more clients, bytes and rounds. It takes its time.
import { install, tool } from './workspace.mjs'

process.env['FLAGGING_SOAK'] = '1'
process.exitCode = install() || tool('vitest', ['run', 'test/bounds', ...process.argv.slice(2)])

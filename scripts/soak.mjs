// `npm run soak`: the tests of `test/bounds` and `packages/core/test/soak` with many more clients, bytes, rows and
// rounds; or those of them that are named. It takes its time.
import { install, tool } from './workspace.mjs'

const ALL = ['test/bounds', 'packages/core/test/soak', 'packages/core/test/bad-spans']
const named = process.argv.slice(2)

process.env['FLAGGING_SOAK'] = '1'
process.exitCode = install() || tool('vitest', ['run', ...(named.length > 0 ? named : ALL)])

// `npm run archive-campaign`: the tests of `packages/core/test/archive`, and with them an archive of 70,000 pictures
// and one beyond 4 GiB, read by `unzip` and Python, and loaded by Hugging Face's `datasets`. It wants unzip, python3,
// 5 GB under the temporary folder, and, for the last, a Python in FLAGGING_PYTHON that has `datasets` and `pillow`.
import { install, tool } from './workspace.mjs'

const config = 'packages/core/test/archive/campaign.config.ts'
process.exitCode =
  install() || tool('vitest', ['run', '--config', config, ...process.argv.slice(2)])

// `npm start`: the demo, from source.
import { spawn } from 'node:child_process'
import { install, root } from './workspace.mjs'

const installed = install()
if (installed !== 0) process.exit(installed)
// Not imported before its dependencies are installed.
const { buildPages } = await import('./build-pages.mjs')
await buildPages()

const demo = spawn(
  process.execPath,
  [
    `--import=${new URL('./typescript.mjs', import.meta.url)}`,
    '--conditions=@flagging/source',
    `${root}examples/demo/server.ts`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => demo.kill(signal))
demo.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))

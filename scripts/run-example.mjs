// Runs an example from source in the foreground, installed and with what browsers load.
import { spawn } from 'node:child_process'
import { install, root } from './workspace.mjs'

/** Runs a program in `examples` with the arguments of this one, until it or this one is ended. */
export async function runExample(path) {
  const installed = install()
  if (installed !== 0) process.exit(installed)
  // Not imported before its dependencies are installed.
  const { buildPages } = await import('./build-pages.mjs')
  await buildPages()
  const example = spawn(
    process.execPath,
    [
      `--import=${new URL('./typescript.mjs', import.meta.url)}`,
      '--conditions=@flagging/source',
      `${root}examples/${path}`,
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: 'inherit' },
  )
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => example.kill(signal))
  }
  example.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

// What `typescript.mjs` does for worker threads. With hooks, each thread would start another one for
// them, and ask it for every module, which takes longer than what most threads are there for.
import { syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'
import workerThreads from 'node:worker_threads'
import { oneFileOf } from './one-file.mjs'

const WITH_HOOKS = /\btypescript\.mjs$/
const WITHOUT_HOOKS = 'typescript-threads.mjs'
const { Worker } = workerThreads

/** A thread that starts from TypeScript starts from one file of JavaScript, and needs no hooks. */
workerThreads.Worker = class extends Worker {
  constructor(file, options = {}) {
    const path = pathOf(file)
    if (!path.endsWith('.ts') || options.eval) {
      super(file, options)
      return
    }
    const { execArgv = process.execArgv } = options
    super(oneFileOf(path), {
      ...options,
      execArgv: execArgv.map((arg) => arg.replace(WITH_HOOKS, WITHOUT_HOOKS)),
    })
  }
}
syncBuiltinESMExports()

function pathOf(file) {
  if (!(file instanceof URL)) return file
  return file.protocol === 'file:' ? fileURLToPath(file) : ''
}

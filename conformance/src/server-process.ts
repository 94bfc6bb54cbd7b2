// The process that serves the apps. It is one of its own, so that what a subject breaks is known.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { PROBES } from '../probes/probes.ts'
import type { HostName } from './hosts.ts'
import type { FromServer, ToServer } from './messages.ts'
import { type Served, serve } from './server.ts'
import { loadSubject } from './subject.ts'

const [root, host, subjectUrl] = process.argv.slice(2) as [string, HostName, string | undefined]
const subject = await loadSubject(subjectUrl)
await subject.prepare?.()
const waiting = new Map<string, () => void>()
const given = new Set<string>()
let served: Served | undefined
let dir: string | undefined

process.on('uncaughtException', (error) => tell({ type: 'fault', what: `uncaught: ${say(error)}` }))
process.on('unhandledRejection', (reason) => {
  tell({ type: 'fault', what: `unhandled rejection: ${say(reason)}` })
})
process.on('warning', (warning) => {
  if (warning.name === 'MaxListenersExceededWarning') tell({ type: 'fault', what: warning.name })
})
process.on('disconnect', () => process.exit())
process.on('message', (message: ToServer) => {
  if (message.type === 'start') void start(message.probe)
  else if (message.type === 'finish') void finish()
  else {
    given.add(message.name)
    waiting.get(message.name)?.()
  }
})
tell({ type: 'ready' })

async function start(name: string): Promise<void> {
  const probe = PROBES.find((one) => one.name === name)
  if (!probe) throw new Error(`There is no probe "${name}"`)
  dir = await mkdtemp(join(root, 'app-'))
  const subjectDir = join(dir, 'subject')
  await mkdir(subjectDir)
  waiting.clear()
  given.clear()
  served = await serve(probe, subject, { host, dir, subjectDir, saw, signal })
  tell({ type: 'started', port: served.port })
}

async function finish(): Promise<void> {
  let kept: Uint8Array | undefined
  try {
    // What a subject does after the answer may still fail.
    for (let turns = 0; turns < 20; turns++) await turn()
    kept = await served?.captured()
    await served?.close()
  } catch (error) {
    tell({ type: 'fault', what: `the subject failed to end: ${say(error)}` })
  }
  if (dir) await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  tell({ type: 'finished', kept: kept && Buffer.from(kept).toString('base64') })
}

function saw(what: string, value: unknown = null): void {
  tell({ type: 'saw', what, value })
}

function signal(name: string): Promise<void> {
  return given.has(name) ? Promise.resolve() : new Promise((resolve) => waiting.set(name, resolve))
}

function say(error: unknown): string {
  return String(error instanceof Error ? `${error.name}: ${error.message}` : error).split('\n')[0]!
}

function tell(message: FromServer): void {
  if (process.connected) process.send?.(message)
}

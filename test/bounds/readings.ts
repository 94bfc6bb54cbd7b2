import { createHook } from 'node:async_hooks'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { peakMemory } from '../../bench/src/measure/peak-memory.ts'
import type { Reading, Turns } from './protocol.ts'

const collect = globalThis.gc as () => void

/** Reads what this process holds, after its garbage has been collected. */
export async function read(server: Server, requests: () => number): Promise<Reading> {
  for (let round = 0; round < 4; round++) {
    collect()
    // Finalizers run in turns of their own.
    await nextTurn()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
  const open = openFiles()
  return {
    heap: heapUsed + external,
    rss,
    peak: peakMemory(),
    descriptors: open?.length ?? -1,
    unnamed: open?.filter((path) => UNNAMED.test(path)).length ?? -1,
    threads: threads()?.length ?? -1,
    timers: resources['Timeout'] ?? 0,
    resources,
    listeners: { ...listenersOf(process, 'process'), ...listenersOf(server, 'server') },
    temporary: readdirSync(tmpdir()).filter((name) => name !== 'flagged'),
    requests: requests(),
    cpu: (user + system) / 1000,
  }
}

function listenersOf(emitter: NodeJS.EventEmitter, name: string): Record<string, number> {
  return Object.fromEntries(
    emitter.eventNames().map((event) => [`${name} ${String(event)}`, emitter.listenerCount(event)]),
  )
}

/** The path of an open file without a name: one that has lost it, or one that never had any. */
const UNNAMED = /(?:spill|\/#\d+) \(deleted\)$/

function openFiles(): string[] | undefined {
  if (process.platform !== 'linux') return undefined
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      // The folder's own descriptor is gone by now.
      return []
    }
  })
}

function threads(): string[] | undefined {
  return process.platform === 'linux' ? readdirSync('/proc/self/task') : undefined
}

/** Milliseconds of CPU time that the serving thread has had; elsewhere than on Linux, of the clock. */
function ownTime(): number {
  if (process.platform !== 'linux') return performance.now()
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1')
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (user + system) * 10
}

/** Milliseconds between two looks: one at every turn would keep the thread busy all by itself. */
const WATCHED_MS = 2

/** Watches how long the turns of the event loop are, in time that this thread has really used. */
export class TurnWatch {
  #longest = 0
  #next: NodeJS.Timeout | undefined
  readonly #total = process.cpuUsage()
  readonly #own = ownTime()

  constructor() {
    this.#watch(performance.now(), ownTime())
  }

  #watch(at: number, own: number): void {
    this.#next = setTimeout(() => {
      const now = performance.now()
      const used = ownTime()
      // The system's clock for threads ticks every 10 ms; a thread that had to wait has used none.
      this.#longest = Math.max(this.#longest, Math.min(now - at, used - own + 10))
      this.#watch(performance.now(), used)
    }, WATCHED_MS)
  }

  stop(): Turns {
    clearTimeout(this.#next)
    const { user, system } = process.cpuUsage(this.#total)
    const elsewhere = (user + system) / 1000 - (ownTime() - this.#own)
    return { longest: Math.round(this.#longest), elsewhere: Math.round(elsewhere) }
  }
}

/** Counts the promises that are made. */
export class PromiseCount {
  #count = 0
  readonly #hook = createHook({
    init: (_id, type) => {
      if (type === 'PROMISE') this.#count++
    },
  }).enable()

  stop(): number {
    this.#hook.disable()
    return this.#count
  }
}

import { afterAll, beforeAll } from 'vitest'
import { HostProcess, type HostSettings } from './host-process.ts'
import type { Flagged } from './protocol.ts'
import { TIMEOUT } from './scale.ts'

/** What was seen of the control and of the flagged hosts. */
export type Seen<T> = Readonly<Record<Flagged, T>>

/** The same host three times: without us, and flagged in both modes. */
export interface Trio {
  /** Does the same with each of them, one after the other. */
  each<T>(work: (host: HostProcess) => Promise<T>): Promise<Seen<T>>
}

/** Starts a trio before the tests of a group and looks for faults in it after them. */
export function startTrio(name: string, settings: HostSettings = {}): Trio {
  const hosts: HostProcess[] = []
  beforeAll(async () => {
    for (const flagged of ['bare', 'manual', 'auto'] as const) {
      hosts.push(await HostProcess.start(name, flagged, settings))
    }
  }, TIMEOUT)
  afterAll(async () => {
    for (const host of hosts.splice(0)) await host.end()
  }, TIMEOUT)
  return {
    async each(work) {
      const seen: Partial<Record<Flagged, Awaited<ReturnType<typeof work>>>> = {}
      for (const host of hosts) seen[host.flagged] = await work(host)
      return seen as Seen<Awaited<ReturnType<typeof work>>>
    },
  }
}

/** The flagged hosts' sightings, by mode. */
export function flaggedOf<T>({ manual, auto }: Seen<T>): readonly T[] {
  return [manual, auto]
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Adapter } from '../contract/host.ts'
import { isFarFromHost, isWithinHostCalls } from './host-calls.ts'
import { SCENARIOS } from './scenarios.ts'
import { sweep } from './sweep.ts'

type Listener = (...args: unknown[]) => void

/** How thorough a sweep is. */
export interface Extent {
  /** Each site of every scenario and mode; else each is faulted once per host, but for the following. */
  readonly isWhole: boolean
  /** Whether what runs within the host's own calls is faulted in every scenario and mode all the same. */
  readonly isTapWhole?: boolean
  /** Whether a site throws at the first or at the last time that a request comes by it. */
  readonly hit: 'first' | 'last'
  /** Whether everything that follows in the same turn throws as well. */
  readonly isSticky: boolean
  /** Whether another host's sweep faults what no host calls: then this one leaves that out. */
  readonly isAnother?: boolean
}

/** Sites that a request may miss: what they fill is shared, or a clock decides. */
const SHARED = /\(#sweep\)|this\.#sweep$|\(createId\)|\(headerIn\)|\(decoderOf\)/

/** After most faults here a thread has to be started anew; what becomes of one is tested by itself. */
const THREAD = /^core\/capture\/(?:decode-thread|decoder)\.ts/

/** A test for each scenario and mode: a fault at each site in turn harms neither host nor samples. */
export function defineSweep(name: string, adapter: Adapter, extent: Extent): void {
  const listeners = new Map<string, Listener[]>()

  describe(`a fault at each call of ours, on ${name}`, () => {
    // What nobody handles is to be laid at the door of a site, not of the test runner.
    beforeAll(() => {
      for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
        listeners.set(event, process.listeners(event as 'exit') as Listener[])
        process.removeAllListeners(event)
      }
    })
    afterAll(() => {
      for (const [event, all] of listeners) for (const one of all) process.on(event, one)
    })

    // Where a fault strikes between making and removing the folder of a spill file, that stays.
    const before = process.env['TMPDIR']
    let scratch = ''
    beforeAll(() => {
      scratch = mkdtempSync(join(tmpdir(), 'flagging-faults-'))
      process.env['TMPDIR'] = scratch
    })
    afterAll(() => {
      rmSync(scratch, { recursive: true })
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    })

    const done = new Set<string>()
    for (const scenario of SCENARIOS) {
      for (const mode of scenario.modes) {
        test(`${scenario.name}, ${mode}`, { timeout: 600_000 }, async () => {
          const isHeavy = scenario.isHeavy === true
          const isWanted = (site: string) => {
            if (SHARED.test(site) || (isHeavy && THREAD.test(site))) return false
            if (extent.isAnother === true && isFarFromHost(site)) return false
            if (extent.isSticky) return isWithinHostCalls(site)
            // What an answer runs through that is flagged is that of manual mode.
            const isTapWhole = extent.isTapWhole === true && !isHeavy && mode !== 'flagged'
            return extent.isWhole || !done.has(site) || (isTapWhole && isWithinHostCalls(site))
          }
          const { hit, isSticky } = extent
          const { sites, findings } = await sweep({
            adapter,
            mode,
            scenario,
            isWanted,
            hit,
            isSticky,
          })
          for (const site of sites) done.add(site)
          expect(findings).toEqual([])
          // A sweep that reaches nothing would find nothing.
          expect(sites.length + done.size).toBeGreaterThan(mode === 'never' ? 2 : 40)
        })
      }
    }
  })
}

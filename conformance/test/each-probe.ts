import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROBES } from '../probes/probes.ts'
import { type HostName, isExpress } from '../src/hosts.ts'
import { playsOn, type Probe } from '../src/probe.ts'
import { type Verdict, verdictsOn } from '../src/run.ts'
import { Scrub } from '../src/scrub.ts'
import { ServerHandle } from '../src/server-handle.ts'
import { loadSubject } from '../src/subject.ts'

/**
 * The control, and ours: where nothing is mounted, what differs is noise, and would be held against
 * a subject.
 */
const SUBJECTS = ['none', 'flagging-auto', 'flagging-manual'] as const

/** Longer than it takes to find that a probe hangs. */
const TIMEOUT_MS = 90_000

/** A test for each probe and subject: it is not noticed, and has kept what it should. */
export function nothingIsNoticedOn(host: HostName): void {
  const subjects = SUBJECTS.map((name) => new URL(`../subjects/${name}.ts`, import.meta.url).href)
  const servers = {
    bare: new ServerHandle(host, undefined),
    tapped: subjects.map((subject) => new ServerHandle(host, subject)),
  }
  let scrub: Scrub
  const played = new Map<Probe, Promise<readonly Verdict[]>>()
  /** Played once for all of them, by the first that asks. */
  const verdictOf = async (probe: Probe, at: number): Promise<Verdict> => {
    const verdicts = played.get(probe) ?? verdictsOn(probe, host, servers, scrub)
    played.set(probe, verdicts)
    return (await verdicts)[at]!
  }
  beforeAll(async () => {
    const all = await Promise.all(subjects.map(loadSubject))
    scrub = new Scrub(
      all.flatMap(({ headers = [] }) => headers),
      !isExpress(host),
    )
  })
  afterAll(async () => {
    await Promise.all([servers.bare, ...servers.tapped].map((server) => server.kill()))
  })
  for (const probe of PROBES.filter((one) => playsOn(one, host))) {
    describe(`${probe.name}`, () => {
      for (const [at, subject] of SUBJECTS.entries()) {
        it(
          `${subject}`,
          async () => {
            const { differences, kept } = await verdictOf(probe, at)
            expect(differences).toEqual([])
            expect(kept).not.toBe(false)
          },
          TIMEOUT_MS,
        )
      }
    })
  }
}

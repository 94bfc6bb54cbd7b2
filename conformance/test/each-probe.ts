import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROBES } from '../probes/probes.ts'
import { type HostName, isExpress } from '../src/hosts.ts'
import { playsOn, type Probe } from '../src/probe.ts'
import { type Verdict, verdictsOn } from '../src/run.ts'
import { Scrub } from '../src/scrub.ts'
import { ServerHandle } from '../src/server-handle.ts'
import { loadSubject } from '../src/subject.ts'

type SubjectName = 'flagging-auto' | 'flagging-manual'

/** Ours, in both of the modes that see something. */
export const BOTH: readonly SubjectName[] = ['flagging-auto', 'flagging-manual']

/** The control: where nothing is mounted, what differs is noise, and would be held against a subject. */
const NONE = subjectAt('none')

/** Longer than it takes to find that a probe hangs. */
const TIMEOUT_MS = 90_000

/** A test for each probe and subject: it is not noticed, and has kept what it should. */
export function nothingIsNoticedOn(
  host: HostName,
  names: readonly SubjectName[],
  probes: readonly Probe[] = PROBES,
): void {
  const subjects = names.map(subjectAt)
  const bare = new ServerHandle(host, undefined)
  const servers = { bare, tapped: subjects.map((subject) => new ServerHandle(host, subject)) }
  const control = { bare, tapped: [new ServerHandle(host, NONE)] }
  let scrub: Scrub
  const played = new Map<Probe, Promise<readonly Verdict[]>>()
  /** Played once for all of them, by the first that asks. */
  const verdictOf = async (probe: Probe, at: number): Promise<Verdict> => {
    const verdicts = played.get(probe) ?? verdictsOn(probe, host, servers, scrub)
    played.set(probe, verdicts)
    return (await verdicts)[at]!
  }
  /** Asked only where something differs, since noise would differ there, too. */
  const noiseOf = async (probe: Probe): Promise<readonly string[]> => {
    const [verdict] = await verdictsOn(probe, host, control, scrub)
    return verdict!.differences
  }
  beforeAll(async () => {
    const all = await Promise.all(subjects.map(loadSubject))
    scrub = new Scrub(
      all.flatMap(({ headers = [] }) => headers),
      !isExpress(host),
    )
  })
  afterAll(async () => {
    const all = [bare, ...servers.tapped, ...control.tapped]
    await Promise.all(all.map((server) => server.kill()))
  })
  for (const probe of probes.filter((one) => playsOn(one, host))) {
    describe(`${probe.name}`, () => {
      for (const [at, subject] of names.entries()) {
        it(
          `${subject}`,
          async () => {
            const { differences, kept } = await verdictOf(probe, at)
            const noise = differences.length > 0 ? await noiseOf(probe) : []
            expect({ differences, noise }).toEqual({ differences: [], noise: [] })
            expect(kept).not.toBe(false)
          },
          TIMEOUT_MS,
        )
      }
    })
  }
}

function subjectAt(name: string): string {
  return new URL(`../subjects/${name}.ts`, import.meta.url).href
}

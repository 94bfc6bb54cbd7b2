import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROBES } from '../probes/probes.ts'
import { HOSTS, type HostName, isExpress } from '../src/hosts.ts'
import { playsOn } from '../src/probe.ts'
import { verdictOn } from '../src/run.ts'
import { Scrub } from '../src/scrub.ts'
import { ServerHandle } from '../src/server-handle.ts'
import { loadSubject } from '../src/subject.ts'

/** Longer than it takes to find that a probe hangs. */
const TIMEOUT_MS = 90_000

/**
 * A test for each probe on each host: the subject is not noticed, and has kept what it should.
 * @param name the file of the subject, without its extension
 */
export function itIsNotNoticed(name: string): void {
  const subject = new URL(`../subjects/${name}.ts`, import.meta.url).href
  for (const host of HOSTS) {
    describe(`${name} on ${host}`, () => {
      playEach(subject, host)
    })
  }
}

function playEach(subject: string, host: HostName): void {
  const servers = {
    bare: new ServerHandle(host, undefined),
    tapped: new ServerHandle(host, subject),
  }
  let scrub: Scrub
  beforeAll(async () => {
    scrub = new Scrub((await loadSubject(subject)).headers, !isExpress(host))
  })
  afterAll(async () => {
    await Promise.all([servers.bare.kill(), servers.tapped.kill()])
  })
  for (const probe of PROBES.filter((one) => playsOn(one, host))) {
    it(
      `${probe.name}`,
      async () => {
        const { differences, kept } = await verdictOn(probe, host, servers, scrub)
        expect(differences).toEqual([])
        expect(kept).not.toBe(false)
      },
      TIMEOUT_MS,
    )
  }
}

import { PROBES } from '../probes/probes.ts'
import { HOSTS, type HostName, isExpress } from './hosts.ts'
import { differences, type Outcome } from './outcome.ts'
import { play } from './play.ts'
import { playsOn, type Probe } from './probe.ts'
import { Scrub } from './scrub.ts'
import { ServerHandle } from './server-handle.ts'
import { loadSubject } from './subject.ts'

/** What a probe has found out about a subject on a host. */
export interface Verdict {
  readonly probe: Probe
  readonly host: HostName
  /** Where the subject was noticed, in words; empty where it was not. */
  readonly differences: readonly string[]
  /** Whether it has kept what it should; `undefined` where that cannot be told. */
  readonly kept: boolean | undefined
}

/** What is to be run. */
export interface Selection {
  /** Defaults to all that the subject can be mounted on. */
  readonly hosts?: readonly HostName[]
  /** Defaults to all probes. */
  readonly probes?: readonly Probe[]
}

/**
 * Plays all probes on the bare app and on the app with a subject.
 * @param subjectUrl the address of the subject's module
 */
export async function* run(subjectUrl: string, selection: Selection = {}): AsyncGenerator<Verdict> {
  const subject = await loadSubject(subjectUrl)
  const scrub = new Scrub(subject.headers)
  for (const host of selection.hosts ?? HOSTS) {
    if (!(isExpress(host) ? subject.express : subject.hono)) continue
    const bare = new ServerHandle(host, undefined)
    const tapped = new ServerHandle(host, subjectUrl)
    try {
      for (const probe of selection.probes ?? PROBES) {
        if (!playsOn(probe, host)) continue
        const [expected, outcome] = await Promise.all([
          play(probe, host, bare, scrub),
          play(probe, host, tapped, scrub),
        ])
        yield {
          probe,
          host,
          differences: differences(expected, outcome),
          kept: hasKept(probe, outcome),
        }
      }
    } finally {
      await Promise.all([bare.kill(), tapped.kill()])
    }
  }
}

function hasKept({ kept: wanted }: Probe, { kept }: Outcome): boolean | undefined {
  if (!wanted || !kept) return undefined
  return wanted.every((one) => kept.includes(Buffer.from(one as Uint8Array)))
}

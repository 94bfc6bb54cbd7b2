import { PROBES } from '../probes/probes.ts'
import { HOSTS, type HostName, isExpress } from './hosts.ts'
import { differences, type Outcome } from './outcome.ts'
import { playAll, type Servers } from './play.ts'
import { playsOn, type Probe } from './probe.ts'
import { Scrub } from './scrub.ts'
import { ServerHandle } from './server-handle.ts'
import { loadSubject, mountsOn } from './subject.ts'

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
  for (const host of selection.hosts ?? HOSTS) {
    if (!mountsOn(subject, host)) continue
    for await (const [verdict] of runOn(host, [subjectUrl], selection.probes)) yield verdict!
  }
}

/**
 * Plays all probes of a host on the bare app and on the app with each of several subjects, which
 * must all run on that host. Gives their verdicts on one probe at a time, in their order.
 */
export async function* runOn(
  host: HostName,
  subjectUrls: readonly string[],
  probes: readonly Probe[] = PROBES,
): AsyncGenerator<readonly Verdict[]> {
  const subjects = await Promise.all(subjectUrls.map(loadSubject))
  const added = subjects.flatMap(({ headers = [] }) => headers)
  const scrub = new Scrub(added, !isExpress(host))
  const bare = new ServerHandle(host, undefined)
  const tapped = subjectUrls.map((url) => new ServerHandle(host, url))
  try {
    for (const probe of probes) {
      if (!playsOn(probe, host)) continue
      yield await verdictsOn(probe, host, { bare, tapped }, scrub)
    }
  } finally {
    await Promise.all([bare, ...tapped].map((server) => server.kill()))
  }
}

/**
 * Plays one probe on the bare app and on the app with each subject, and compares.
 * @param patience how long after the bare app, in milliseconds, an answer may come
 */
export async function verdictsOn(
  probe: Probe,
  host: HostName,
  servers: Servers,
  scrub: Scrub,
  patience?: number,
): Promise<readonly Verdict[]> {
  const { expected, outcomes } = await playAll(probe, host, servers, scrub, patience)
  return outcomes.map((outcome) => verdict(probe, host, expected, outcome))
}

function verdict(probe: Probe, host: HostName, expected: Outcome, outcome: Outcome): Verdict {
  return {
    probe,
    host,
    differences: differences(expected, outcome),
    kept: hasKept(probe, outcome),
  }
}

function hasKept({ kept: wanted }: Probe, { kept }: Outcome): boolean | undefined {
  if (!wanted || !kept) return undefined
  return wanted.every((one) => kept.includes(Buffer.from(one as Uint8Array)))
}

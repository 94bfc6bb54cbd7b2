import { setTimeout as delay } from 'node:timers/promises'
import { Client } from './client.ts'
import type { HostName } from './hosts.ts'
import type { Outcome } from './outcome.ts'
import type { Probe } from './probe.ts'
import type { Scrub } from './scrub.ts'
import type { ServerHandle } from './server-handle.ts'

/** How long the bare app may take: with the machine busy, longer than anything ever takes. */
const LONGEST_MS = 60_000
/** How long after the bare app an answer may come; then it never will. */
const PATIENCE_MS = 15_000

/** The processes that a probe is played on: one that serves the bare app, and one per subject. */
export interface Servers {
  readonly bare: ServerHandle
  readonly tapped: readonly ServerHandle[]
}

/** Plays a probe on the bare app and on the app with each subject, side by side. */
export async function playAll(
  probe: Probe,
  host: HostName,
  { bare, tapped }: Servers,
  scrub: Scrub,
  patience: number = PATIENCE_MS,
): Promise<{ readonly expected: Outcome; readonly outcomes: readonly Outcome[] }> {
  await Promise.all([bare, ...tapped].map((server) => server.ready()))
  const expected = play(probe, host, bare, scrub, (signal) => wait(LONGEST_MS, signal))
  const outcomes = tapped.map((server) =>
    play(probe, host, server, scrub, async (signal) => {
      await expected
      await wait(patience, signal)
    }),
  )
  return { expected: await expected, outcomes: await Promise.all(outcomes) }
}

async function play(
  probe: Probe,
  host: HostName,
  server: ServerHandle,
  scrub: Scrub,
  waited: (signal: AbortSignal) => Promise<unknown>,
): Promise<Outcome> {
  let client: unknown
  let kept: Buffer | undefined
  const over = new AbortController()
  const late = waited(over.signal).then(() => {
    throw new Error('hung')
  })
  late.catch(() => {})
  try {
    client = await Promise.race([playClient(probe, host, server, scrub), late])
    kept = await Promise.race([server.finish(), late])
  } catch (error) {
    client ??= `failed: ${error instanceof Error ? error.message : String(error)}`
    // What is left of it must not reach the next probe.
    await server.kill()
  } finally {
    over.abort()
  }
  const { seen, faults } = server.shown
  return { client, seen, faults, kept }
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return delay(milliseconds, undefined, { signal })
}

async function playClient(
  probe: Probe,
  host: HostName,
  server: ServerHandle,
  scrub: Scrub,
): Promise<unknown> {
  const client = new Client(host, await server.start(probe.name), scrub, {
    signal: (name) => server.signal(name),
    saw: (what) => server.saw(what),
  })
  try {
    return await probe.play(client)
  } finally {
    client.close()
  }
}

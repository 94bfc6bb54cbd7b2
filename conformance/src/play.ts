import { Client } from './client.ts'
import type { HostName } from './hosts.ts'
import type { Outcome } from './outcome.ts'
import type { Probe } from './probe.ts'
import type { Scrub } from './scrub.ts'
import type { ServerHandle } from './server-handle.ts'

/** After this long nothing is going to come any more. */
const PATIENCE_MS = 15_000

/** Plays a probe once. */
export async function play(
  probe: Probe,
  host: HostName,
  server: ServerHandle,
  scrub: Scrub,
): Promise<Outcome> {
  let client: unknown
  let kept: Buffer | undefined
  let stop: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    stop = setTimeout(() => reject(new Error('hung')), PATIENCE_MS)
  })
  try {
    client = await Promise.race([playClient(probe, host, server, scrub), late])
    kept = await Promise.race([server.finish(), late])
  } catch (error) {
    client ??= `failed: ${error instanceof Error ? error.message : String(error)}`
    // What is left of it must not reach the next probe.
    await server.kill()
  } finally {
    clearTimeout(stop)
  }
  const { seen, faults } = server.shown
  return { client, seen, faults, kept }
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

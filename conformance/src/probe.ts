import type { Express } from 'express'
import type { Hono } from 'hono'
import type { Client } from './client.ts'
import type { HostName } from './hosts.ts'

/** What the app of a probe can do beside answering. */
export interface Stage {
  /** Notes what the app has seen. Notes are compared one by one, in their order. */
  saw(what: string, value?: unknown): void
  /** Resolves once the client has given this signal. */
  signal(name: string): Promise<void>
  /**
   * Mounts the subject on the app, here and now. A probe with `mounts: 'itself'` calls it; for all
   * others the subject is mounted before anything else.
   */
  mount(): void
  /** A folder for files that the app serves. */
  readonly dir: string
  readonly host: HostName
}

/**
 * Exchanges that are played twice, on an app with the subject and on the same app without it. What
 * the client got, what the app saw, and every fault of the process must agree.
 */
export interface Probe {
  /** What must stay as it is, in words: the row of the table. */
  readonly name: string
  /** The app, where the host is an Express. */
  express?(app: Express, stage: Stage): void
  /** The app, where the host is Hono. */
  hono?(app: Hono, stage: Stage): void
  /** The hosts it makes sense on, where those are fewer than it has apps for. */
  readonly hosts?: readonly HostName[]
  readonly mounts?: 'itself'
  /** The client's part. What it resolves with is compared; what is noise must not be in it. */
  play(client: Client): Promise<unknown>
  /** What a capture that is complete has kept in the end. */
  readonly kept?: readonly (string | Uint8Array)[]
}

/** Whether a probe can be played on a host. */
export function playsOn(probe: Probe, host: HostName): boolean {
  if (probe.hosts && !probe.hosts.includes(host)) return false
  return host.startsWith('express') ? probe.express !== undefined : probe.hono !== undefined
}

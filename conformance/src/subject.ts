import type { Express } from 'express'
import type { Hono } from 'hono'
import { type HostName, isExpress } from './hosts.ts'

/**
 * What a module under test exports: a capture middleware, and how it is mounted. One of `express`
 * and `hono` is enough; hosts that it has no function for are left out.
 */
export interface Subject {
  /** What the table calls it. */
  readonly name: string
  /** Response headers that it adds by design; they are not compared. */
  readonly headers?: readonly string[]
  /** The hosts that it can run on at all, where those are fewer than it has functions for. */
  readonly hosts?: readonly HostName[]
  /** Called once in the process that serves the apps, before the first of them: loads what it needs. */
  prepare?(): Promise<void>
  /** Mounts it on an Express app, 4 or 5. Called once for each probe, with a new app. */
  express?(app: Express, context: SubjectContext): Mounted | void
  /** Mounts it on a Hono app. Called once for each probe, with a new app. */
  hono?(app: Hono, context: SubjectContext): Mounted | void
}

/** What a subject may use while it is mounted. */
export interface SubjectContext {
  /** A folder of its own, removed afterwards. */
  readonly dir: string
}

/** A subject on an app. */
export interface Mounted {
  /**
   * Everything that it has kept so far, one after the other: asked once, after the exchanges of a
   * probe that says what there is to keep. Without it, what was captured is not judged.
   */
  captured?(): Promise<Uint8Array>
  /** Ends it; the app is gone. */
  close?(): Promise<void>
}

/** The app as it is, to compare with. */
const BARE: Subject = { name: 'bare', express() {}, hono() {} }

/** Whether a subject can be mounted on the apps of a host. */
export function mountsOn({ hosts, express, hono }: Subject, host: HostName): boolean {
  if (hosts && !hosts.includes(host)) return false
  return (isExpress(host) ? express : hono) !== undefined
}

/** Loads the module of a subject; `undefined` is the bare app. */
export async function loadSubject(url: string | undefined): Promise<Subject> {
  if (url === undefined) return BARE
  const subject = (await import(url)) as Partial<Subject>
  if (typeof subject.name === 'string' && (subject.express || subject.hono)) {
    return subject as Subject
  }
  throw new TypeError(
    `${url} is no subject: export \`name\` and a function \`express(app, context)\` or ` +
      '`hono(app, context)` that mounts the middleware.',
  )
}

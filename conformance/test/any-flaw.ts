import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { Express } from 'express'
import type { Hono } from 'hono'
import type { Mounted, Subject, SubjectContext } from '../src/subject.ts'

const FLAWS = new URL('broken/', import.meta.url)
const flaws = new Map<string, Subject>()

/** The name of a file that says which flaw it is to have, and which may be none. */
export const FLAW_FILE = 'CONFORMANCE_FLAW_FILE'

export const name = 'any flaw'

/** Starting a process takes longer than a probe, therefore one serves all flaws. */
export async function prepare(): Promise<void> {
  for (const file of await readdir(FLAWS)) {
    flaws.set(file.replace('.ts', ''), (await import(new URL(file, FLAWS).href)) as Subject)
  }
}

export function express(app: Express, context: SubjectContext): Mounted | void {
  return asked()?.express?.(app, context)
}

export function hono(app: Hono, context: SubjectContext): Mounted | void {
  return asked()?.hono?.(app, context)
}

function asked(): Subject | undefined {
  return flaws.get(readFileSync(process.env[FLAW_FILE]!, 'utf8'))
}

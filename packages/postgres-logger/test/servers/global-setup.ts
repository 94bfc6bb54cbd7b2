import type { TestProject } from 'vitest/node'
import { type PostgresServer, startPostgres } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The port of a PostgreSQL server on this machine, whose superuser is `postgres`. */
    readonly postgresPort: number
  }
}

let postgres: PostgresServer | undefined

/** Starts the servers that all tests of the package share. */
export async function setup(project: TestProject): Promise<void> {
  postgres = await startPostgres()
  project.provide('postgresPort', postgres.port)
}

/** Stops them. */
export async function teardown(): Promise<void> {
  await postgres?.stop()
}

import type { TestProject } from 'vitest/node'
import { type PostgresServer, startPostgres } from './postgres.ts'
import { type S3Server, startS3 } from './s3.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The port of a PostgreSQL server on this machine, whose superuser is `postgres`. */
    readonly postgresPort: number
    /** The address of an S3 server on this machine; see `createBucket`. */
    readonly s3Endpoint: string
  }
}

let postgres: PostgresServer | undefined
let s3: S3Server | undefined

/** Starts the servers that all tests of the package share. */
export async function setup(project: TestProject): Promise<void> {
  ;[postgres, s3] = await Promise.all([startPostgres(), startS3()])
  project.provide('postgresPort', postgres.port)
  project.provide('s3Endpoint', s3.endpoint)
}

/** Stops them. */
export async function teardown(): Promise<void> {
  await Promise.all([postgres?.stop(), s3?.stop()])
}

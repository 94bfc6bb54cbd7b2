import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import pg from 'pg'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import { type S3Server, startS3 } from '../servers/s3.ts'

/** Servers of one's own, which one may kill. */
export interface Servers {
  readonly postgres: PostgresServer
  readonly s3: S3Server
}

/** What belongs to one fleet there. */
export interface Ground extends Servers {
  readonly database: string
  readonly bucket: string
  readonly credentials: typeof CREDENTIALS
}

const CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const

/** Starts the servers. */
export async function startServers(): Promise<Servers> {
  const [postgres, s3] = await Promise.all([startPostgres(), startS3()])
  return { postgres, s3 }
}

/** Makes an empty database and an empty bucket. */
export async function layGround({ postgres, s3 }: Servers): Promise<Ground> {
  const id = randomUUID()
  const database = `fleet_${id.replaceAll('-', '')}`
  const bucket = `fleet-${id}`
  const ground = { postgres, s3, database, bucket, credentials: CREDENTIALS }
  await withClient(postgres.url('postgres'), (client) =>
    client.query(`create database ${database}`),
  )
  const client = bucketClient(ground)
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
  } finally {
    client.destroy()
  }
  return ground
}

/** Who reads the bucket past all links. */
export function bucketClient({ s3, credentials }: Ground): S3Client {
  return new S3Client({
    endpoint: s3.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
  })
}

/** Does something with the database of a fleet, past all links. */
export function withDatabase<T>(
  { postgres, database }: Ground,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return withClient(postgres.url(database), work)
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { inject } from 'vitest'

/** The only credentials that s3rver knows. */
const OURS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

/**
 * How a server of the tests is asked.
 * @param address may hold other credentials: `http://key:secret@host`
 */
export function s3Config(address: string): S3ClientConfig {
  const { origin, username, password } = new URL(address)
  const theirs = {
    accessKeyId: decodeURIComponent(username),
    secretAccessKey: decodeURIComponent(password),
  }
  return { endpoint: origin, credentials: username === '' ? OURS : theirs }
}

/** A bucket of one's own, and how it is asked: `new S3Files(await createBucket())`. */
export interface TestBucket {
  readonly bucket: string
  readonly client: S3ClientConfig
}

/**
 * Makes an empty bucket, on the server that all tests share unless another one is named here or in
 * `FLAGGING_S3`.
 */
export async function createBucket(
  address: string = process.env['FLAGGING_S3'] ?? inject('s3Endpoint'),
): Promise<TestBucket> {
  const bucket = `test-${randomUUID()}`
  const config = s3Config(address)
  const client = new S3Client({ ...config, region: 'us-east-1', forcePathStyle: true })
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
  } finally {
    client.destroy()
  }
  return { bucket, client: config }
}

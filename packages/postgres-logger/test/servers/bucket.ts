import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { inject } from 'vitest'

/** How a server of the tests is asked; s3rver knows these credentials and no others. */
export function s3Config(endpoint: string): S3ClientConfig {
  return { endpoint, credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } }
}

/** A bucket of one's own, and how it is asked: `new S3Files(await createBucket())`. */
export interface TestBucket {
  readonly bucket: string
  readonly client: S3ClientConfig
}

/** Makes an empty bucket, on the server that all tests share unless another one is named. */
export async function createBucket(endpoint = inject('s3Endpoint')): Promise<TestBucket> {
  const bucket = `test-${randomUUID()}`
  const config = s3Config(endpoint)
  const client = new S3Client({ ...config, region: 'us-east-1', forcePathStyle: true })
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
  } finally {
    client.destroy()
  }
  return { bucket, client: config }
}

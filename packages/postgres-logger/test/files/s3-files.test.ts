import { S3Files } from '@flagging/postgres-logger/s3'
import { createBucket } from '../servers/bucket.ts'
import { fileStoreSuite } from './file-store-suite.ts'

fileStoreSuite('a bucket', 5 * 1024 * 1024, async () => new S3Files(await createBucket()))

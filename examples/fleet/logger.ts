import { PostgresLogger } from '@flagging/postgres-logger'
import { S3Files } from '@flagging/postgres-logger/s3'
import { setting } from './setting.ts'

/**
 * Where all instances put samples. The client of the bucket finds its credentials by itself, in
 * AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or whatever else it knows.
 */
export const logger: PostgresLogger = new PostgresLogger({
  connection: setting('DATABASE_URL'),
  files: new S3Files({
    bucket: setting('S3_BUCKET'),
    client: { endpoint: setting('S3_ENDPOINT') },
  }),
  direct: setting('DIRECT', 'no') === 'yes',
})

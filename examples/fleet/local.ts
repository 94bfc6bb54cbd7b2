// `npm run fleet`: the fleet on this machine, without containers. PostgreSQL and the bucket are those of
// the tests. Everything lies in temporary folders, and is gone in the end.
//   PORT=8080 INSTANCES=2 npm run fleet
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { startPostgres } from '../../packages/postgres-logger/test/servers/postgres.ts'
import { startS3 } from '../../packages/postgres-logger/test/servers/s3.ts'
import { startBalancer } from './balancer.ts'
import { type Instance, migrate, startInstance } from './instance.ts'
import { setting } from './setting.ts'

const RESTART_MS = 1000
const names = Array.from({ length: Number(setting('INSTANCES', '2')) }, (_, n) => `app-${n + 1}`)
const running = new Map<string, Instance>()
let isOver = false

const dir = await mkdtemp(join(tmpdir(), 'flagging-fleet-'))
const [postgres, s3] = await Promise.all([startPostgres(), startS3()])
/** All that the server of the tests knows. */
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }
const env = {
  DATABASE_URL: postgres.url('postgres'),
  S3_ENDPOINT: s3.endpoint,
  S3_BUCKET: 'flagged',
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  REVIEW_PASSWORD: setting('REVIEW_PASSWORD', 'trial-password'),
}
await new S3Client({
  endpoint: s3.endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials,
}).send(new CreateBucketCommand({ Bucket: env.S3_BUCKET }))
await migrate(env)
await Promise.all(names.map(start))
const balancer = await startBalancer(Number(setting('PORT', '8080')), () =>
  Array.from(running.values(), ({ port }) => port),
)
console.log(`The fleet is at ${balancer.url}`)
console.log(`Review as reviewer with the password ${env.REVIEW_PASSWORD}`)
console.log(`The tables are at ${env.DATABASE_URL}`)

/** Starts an instance, and another one in its place when it ends. */
async function start(name: string): Promise<void> {
  const instance = await startInstance({ ...env, INSTANCE: name, FLAGGED_DIR: join(dir, name) })
  running.set(name, instance)
  console.log(`${name} is process ${instance.pid}: kill it, and see that nothing is lost`)
  void instance.gone.then(async () => {
    running.delete(name)
    if (isOver) return
    await delay(RESTART_MS)
    await start(name)
  })
}

async function stop(): Promise<void> {
  isOver = true
  const instances = Array.from(running.values())
  for (const instance of instances) instance.signal('SIGTERM')
  await Promise.all(instances.map(({ gone }) => gone))
  await Promise.all([balancer.close(), postgres.stop(), s3.stop()])
  await rm(dir, { recursive: true, force: true })
  process.exit()
}

process.once('SIGINT', () => void stop())
process.once('SIGTERM', () => void stop())

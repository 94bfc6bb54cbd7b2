// `npm run fleet`: instances of an app behind a balancer, with PostgreSQL and a bucket, on this machine.
import { runExample } from './run-example.mjs'

await runExample('fleet/local.ts')

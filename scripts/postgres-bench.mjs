// `npm run postgres-bench`: how many samples a second come into PostgreSQL.
import { install, source } from './workspace.mjs'

process.exitCode = install() || source('bench/src/postgres/main.ts', process.argv.slice(2))

// `npm run review-bench`: how long reviewers wait where a million samples with files lie.
import { install, source } from './workspace.mjs'

process.exitCode = install() || source('bench/src/review/main.ts', process.argv.slice(2))

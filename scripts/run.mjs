// Runs a module of TypeScript as one file of JavaScript: `node scripts/run.mjs x.ts ...`. That starts in
// half of the time that hooks take, but knows no module whose address is only made when it runs.
import './typescript-threads.mjs'
import { oneFileOf } from './one-file.mjs'

process.argv.splice(1, 1)
await import(oneFileOf(process.argv[1]))

// Runs a module of TypeScript as one file of JavaScript: `node scripts/run.mjs x.ts ...`. That starts in
// half of the time that hooks take, but knows no module whose address is only made when it runs. With
// `--packages-outside` before the module, packages stay where they lie: not all of them can be moved.
import './typescript-threads.mjs'
import { oneFileOf } from './one-file.mjs'

const isOutside = process.argv[2] === '--packages-outside'
process.argv.splice(1, isOutside ? 2 : 1)
await import(oneFileOf(process.argv[1], isOutside ? 'outside' : 'inside'))

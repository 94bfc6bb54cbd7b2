// `npm start`: the demo, from source.
import { runExample } from './run-example.mjs'

await runExample('demo/server.ts')

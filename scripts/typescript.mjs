// Lets Node run the sources as they are: `node --import ./scripts/typescript.mjs --conditions=@flagging/source x.ts`.
// Worker threads inherit it.
import { register } from 'node:module'
import './typescript-threads.mjs'

process.setSourceMapsEnabled(true)
register('./typescript-hooks.mjs', import.meta.url)

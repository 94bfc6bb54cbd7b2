// Lets Node run the sources as they are: `node --import ./scripts/typescript.mjs --conditions=@flagging/source x.ts`.
// `--import tsx` does this for the main thread alone on Node 20; this also serves the worker threads that inherit it.
import { register } from 'tsx/esm/api'

register()

// Loaded by vitest before each test file: what the lines added to Hono's source call.
import { flagging } from '@flagging/hono-adapter'
import { afterAll } from 'vitest'
import { inFront, settle } from './in-front.mjs'

const seen = new WeakSet()

/** Sets the first middleware of an app, as `app.use` does, but not in the list `app.routes`. */
globalThis.mountFlagging = ({ router }) => {
  // Apps that share a router are parts of one app.
  if (seen.has(router)) return
  seen.add(router)
  const handler = inFront(flagging)
  router.add('ALL', '/*', [handler, { basePath: '/', path: '/*', method: 'ALL', handler }])
}

afterAll(settle, 60_000)

import type { Express, RequestHandler } from 'express'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { Counted } from './counted.ts'
import { loadPeer } from './load-peer.ts'
import { Vendor } from './vendor.ts'

/** Many times its default. It has no maximum, but joins what it has with each piece that comes. */
const MAX_BODY_SIZE = 10_000_000

let moesif: (options: object) => RequestHandler
let vendor: Vendor

/** What the table calls it. */
export const name = 'moesif'
/** It tells the client the id of the transaction. */
export const headers: readonly string[] = ['X-Moesif-Transaction-Id']

export async function prepare(): Promise<void> {
  moesif = await loadPeer('moesif-nodejs')
  vendor = await Vendor.start()
}

/** As its README has it; each event is sent at once, so that it can be waited for. */
export function express(app: Express, _context: SubjectContext): Mounted {
  const counted = new Counted(
    moesif({
      // It must look like one.
      applicationId: 'conformance-'.repeat(5),
      logBody: true,
      requestMaxBodySize: MAX_BODY_SIZE,
      responseMaxBodySize: MAX_BODY_SIZE,
      disableBatching: true,
      baseUri: vendor.url,
    }),
  )
  app.use(counted.handler)
  return {
    captured: () => vendor.received(counted.count),
    close: () => vendor.forget(),
  }
}

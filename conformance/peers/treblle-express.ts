import type { Express, RequestHandler } from 'express'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { Counted } from './counted.ts'
import { loadPeer } from './load-peer.ts'
import { sendHttpsTo } from './send-https-to.ts'
import { Vendor } from './vendor.ts'

let treblle: (options: object) => RequestHandler
let vendor: Vendor

/** What the table calls it. */
export const name = '@treblle/express'

export async function prepare(): Promise<void> {
  vendor = await Vendor.start()
  sendHttpsTo(vendor.url)
  treblle = await loadPeer('@treblle/express')
}

/** As its README has it. The addresses that it reports to are fixed, and led to the stand-in. */
export function express(app: Express, _context: SubjectContext): Mounted {
  const counted = new Counted(treblle({ apiKey: 'conformance', projectId: 'conformance' }))
  app.use(counted.handler)
  return {
    captured: () => vendor.received(counted.count),
    close: () => vendor.forget(),
  }
}

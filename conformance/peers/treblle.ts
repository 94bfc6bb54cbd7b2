import type { Express } from 'express'
import type { HostName } from '../src/hosts.ts'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { Counted } from './counted.ts'
import { loadPeer } from './load-peer.ts'
import { sendHttpsTo } from './send-https-to.ts'
import { Vendor } from './vendor.ts'

interface Treblle {
  useTreblle(app: Express, options: object): void
}

let treblle: Treblle
let vendor: Vendor

/** What the table calls it. */
export const name = 'treblle'
/** On Express 5 no request is answered: "debug is not defined". */
export const hosts: readonly HostName[] = ['express4']

export async function prepare(): Promise<void> {
  vendor = await Vendor.start()
  sendHttpsTo(vendor.url)
  treblle = await loadPeer('treblle')
}

/** As its README has it. The addresses that it reports to are fixed, and led to the stand-in. */
export function express(app: Express, _context: SubjectContext): Mounted {
  const counted = new Counted((_req, _res, next) => next())
  app.use(counted.handler)
  treblle.useTreblle(app, { apiKey: 'conformance', projectId: 'conformance' })
  return {
    captured: () => vendor.received(counted.count),
    close: () => vendor.forget(),
  }
}

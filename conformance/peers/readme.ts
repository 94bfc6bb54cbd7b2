import type { Express, Request, Response } from 'express'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { Counted } from './counted.ts'
import { loadPeer } from './load-peer.ts'
import { Vendor } from './vendor.ts'

interface Readme {
  log(key: string, req: Request, res: Response, group: object, options: object): string
}

let readme: Readme
let vendor: Vendor

/** What the table calls it. */
export const name = 'readmeio'
/** It tells the client where its log can be read. */
export const headers: readonly string[] = ['X-Documentation-Url']

export async function prepare(): Promise<void> {
  vendor = await Vendor.start()
  // Read when it is imported.
  process.env.README_METRICS_SERVER = vendor.url
  readme = await loadPeer('readmeio')
}

/** As its guide for Express has it. `baseLogUrl` saves it from asking the service for that address. */
export function express(app: Express, _context: SubjectContext): Mounted {
  const counted = new Counted((req, res, next) => {
    const user = { apiKey: 'key', label: 'label', email: 'mail@example.com' }
    readme.log('conformance', req, res, user, { baseLogUrl: 'https://docs.example.com' })
    return next()
  })
  app.use(counted.handler)
  return {
    captured: () => vendor.received(counted.count),
    close: () => vendor.forget(),
  }
}

import express5 from 'express'
import express4 from 'express4'
import type { HostName } from '../src/hosts.ts'

/** The Express of a host, for its parsers, its routers and the apps below the app. */
export function expressOf(host: HostName): typeof express5 {
  return host === 'express4' ? express4 : express5
}

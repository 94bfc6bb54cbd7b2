import http from 'node:http'
import { createRequire } from 'node:module'

/**
 * Leads every request over HTTPS that names its parts, as node-fetch does, to a server here: for a
 * peer whose service has a fixed address. No probe speaks HTTPS.
 */
export function sendHttpsTo(url: string): void {
  const { port } = new URL(url)
  const https = createRequire(import.meta.url)('node:https') as { request: unknown }
  https.request = (asked: http.RequestOptions) =>
    http.request({ ...asked, protocol: 'http:', host: '127.0.0.1', hostname: '127.0.0.1', port })
}

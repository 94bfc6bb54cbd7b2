// A service that takes every report that is posted to it. Started by `vendor.ts`.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

let reports: Buffer[] = []

const server = createServer((req, res) => {
  void buffer(req).then((body) => {
    if (req.method === 'POST') {
      reports.push(req.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
    }
    res.setHeader('content-type', 'application/json')
    // Rules that a service may send come as a list: there are none.
    res.end(req.url?.endsWith('/rules') ? '[]' : '{}')
  })
})

process.on('disconnect', () => process.exit())
process.on('message', (what) => {
  if (what === 'count') return void process.send?.(reports.length)
  process.send?.(reports)
  reports = []
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

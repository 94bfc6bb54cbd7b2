import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Server } from './host.ts'

/** Puts a server on a free port of the loopback interface. */
export async function listen(server: HttpServer): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    port,
    request: (path, init) => fetch(origin + path, { redirect: 'manual', ...init }),
    stop: () => void server.close(),
    async close() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}

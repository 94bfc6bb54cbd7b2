import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'

/** A way to a server that can be cut, as a network is. */
export interface Network {
  readonly port: number
  /** From now on nothing gets through, nor says so: neither on connections that there are nor on new ones. */
  silence(): void
  /** New connections get through again; the silent ones stay so. */
  heal(): void
  close(): Promise<void>
}

/** Puts a network before a port of this machine. */
export async function networkTo(port: number): Promise<Network> {
  const sockets = new Set<Socket>()
  const silent = new Set<Socket>()
  let isSilent = false
  const server = createServer((client) => {
    const ends = [client, connect(port, '127.0.0.1')] as const
    for (const [index, end] of ends.entries()) {
      const other = ends[1 - index] as Socket
      sockets.add(end)
      end.on('error', () => other.destroy())
      end.on('close', () => {
        sockets.delete(end)
        // Whoever is silent does not hang up either.
        if (!silent.has(end)) other.destroy()
      })
      end.on('data', (bytes: Buffer) => {
        if (!silent.has(end)) other.write(bytes)
      })
      if (isSilent) silent.add(end)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      isSilent = true
      for (const socket of sockets) silent.add(socket)
    },
    heal() {
      isSilent = false
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

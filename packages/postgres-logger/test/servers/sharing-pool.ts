import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { onTestFinished } from 'vitest'

/** Types of messages of the server's (PostgreSQL, message formats): what was notified, and which backend it is. */
const NOTIFICATION = 0x41
const BACKEND_KEY = 0x4b
/** A type, and a length that counts itself. */
const HEAD = 5

/** A way to a PostgreSQL server that others use as well. */
export interface SharingPool {
  readonly port: number
  /** All that was said to the server. */
  readonly asked: () => string
}

/**
 * Opens a way to a PostgreSQL server as through a pool that shares connections between transactions: no
 * notification passes, and backends have numbers of its own. It is closed when the test is over.
 */
export async function openSharingPool(to: number): Promise<SharingPool> {
  let asked = ''
  const server = createServer((client) => {
    const there = connect(to, '127.0.0.1')
    client.on('error', () => there.destroy()).on('close', () => there.destroy())
    there.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('data', (bytes) => {
      asked += bytes.toString('latin1')
      there.write(bytes)
    })
    let rest: Buffer = Buffer.alloc(0)
    there.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes])
      while (rest.length >= HEAD && rest.length > rest.readUInt32BE(1)) {
        const message = rest.subarray(0, rest.readUInt32BE(1) + 1)
        rest = rest.subarray(message.length)
        if (message[0] === BACKEND_KEY) message.writeUInt32BE(1, HEAD)
        if (message[0] !== NOTIFICATION) client.write(message)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, asked: () => asked }
}

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { onTestFinished } from 'vitest'

/** The type of a message of the server's that says what was notified (PostgreSQL, message formats). */
const NOTIFICATION = 0x41
/** A type, and a length that counts itself. */
const HEAD = 5

/**
 * Opens a way to a PostgreSQL server on which all passes but notifications, as through a pool that shares
 * connections between transactions. Gives its port; it is closed when the test is over.
 */
export async function openDeafProxy(to: number): Promise<number> {
  const server = createServer((client) => {
    const there = connect(to, '127.0.0.1')
    client.on('error', () => there.destroy()).on('close', () => there.destroy())
    there.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.pipe(there)
    let rest: Buffer = Buffer.alloc(0)
    there.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes])
      while (rest.length >= HEAD && rest.length > rest.readUInt32BE(1)) {
        const message = rest.subarray(0, rest.readUInt32BE(1) + 1)
        rest = rest.subarray(message.length)
        if (message[0] !== NOTIFICATION) client.write(message)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

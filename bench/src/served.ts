import type { Server } from 'node:http'
import type { Contestant } from './contestant.ts'
import { FakeSocket } from './fake-socket.ts'

const CONNECTIONS = 32

/** What `POST /echo` is asked. */
const BODY = JSON.stringify({ num1: 5, operation: 'add', num2: 7 })
const REQUEST = Buffer.from(
  `POST /echo HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
)

/** A server in this process, asked over {@link FakeSocket}s, 32 of them at once. */
export async function served(
  server: Server,
  settled: () => Promise<void>,
  close: () => Promise<void>,
): Promise<Contestant> {
  const sockets = Array.from({ length: CONNECTIONS }, () => new FakeSocket(REQUEST))
  await Promise.all(sockets.map((socket) => socket.connect(server)))
  return {
    async round(count) {
      const each = Math.ceil(count / CONNECTIONS)
      await Promise.all(sockets.map((socket) => socket.exchange(each)))
      // What is done after the answers belongs to what they cost.
      await settled()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await close()
    },
  }
}

import { EventEmitter } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { FakeSocket } from '../load/fake-socket.ts'
import { workloadOf } from '../load/workload.ts'
import type { Contestant, Settings } from '../measure/contestant.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"Output":12}'

/** Servers that do less than any app, to see what the fake sockets themselves cost. */
const SERVERS: Readonly<Record<string, () => EventEmitter>> = {
  none: () => new EventEmitter().on('connection', answerEach),
  http: () => createServer((_req, res) => res.end('{"Output":12}')),
}

/** Exchanges over fake sockets with a `server` that answers at once, whatever it is asked. */
export async function make({ server, connections }: Settings): Promise<Contestant> {
  const { request } = workloadOf('calculate')
  const sockets = Array.from({ length: Number(connections) }, () => new FakeSocket(request))
  // A cast, since one of them only takes connections.
  const connected = SERVERS[String(server)]?.() as Server
  for (const socket of sockets) await socket.connect(connected)
  return {
    async round(count) {
      await Promise.all(sockets.map((socket) => socket.exchange(count / sockets.length)))
      return {}
    },
    async close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function answerEach(socket: Duplex): void {
  socket.on('data', () => socket.write(ANSWER))
}

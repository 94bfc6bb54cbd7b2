// Forked by `slow-clients.ts`: clients that send half of a request, and the rest when they are told.
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { AnswerEnd } from '../load/answer-end.ts'
import { workloadOf } from '../load/workload.ts'

/** As many as connect at once. */
const AT_ONCE = 100

const [port = '', workload = ''] = process.argv.slice(2)
const request = Buffer.concat(workloadOf(workload).request)
const half = request.length / 2
let sockets: Socket[] = []

process.on('message', (count: number) => void (count > 0 ? begin(count) : finish()))
process.on('disconnect', () => process.exit())
process.send?.('ready')

async function begin(count: number): Promise<void> {
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, open)
    sockets.push(...(await Promise.all(some)))
  }
  // Written is not yet received.
  await delay(500)
  process.send?.('half sent')
}

async function open(): Promise<Socket> {
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(request.subarray(0, half))
  return socket
}

async function finish(): Promise<void> {
  await Promise.all(sockets.map(answered))
  for (const socket of sockets) socket.destroy()
  sockets = []
  process.send?.('answered')
}

function answered(socket: Socket): Promise<void> {
  const answer = new AnswerEnd()
  return new Promise((resolve, reject) => {
    socket.on('close', () => reject(new Error('The server has hung up')))
    socket.on('data', (bytes: Buffer) => {
      if (answer.isAtEnd(bytes)) resolve()
    })
    socket.write(request.subarray(half))
  })
}

import { once } from 'node:events'
import {
  type IncomingMessage,
  type ServerResponse,
  createServer,
  request as sendRequest,
} from 'node:http'
import { type AddressInfo, type Socket, connect } from 'node:net'
import { pipeline } from 'node:stream'

/** What stands in front of instances. */
export interface Balancer {
  readonly url: string
  close(): Promise<void>
}

/**
 * Starts a balancer in front of instances on this machine. It asks one after the other, whoever the
 * client is, so that a flag comes to another instance than the one that served what is flagged. An
 * instance that takes no connection is passed over; one that dies meanwhile makes a 502, or cuts its answer.
 * @param port where it listens; 0 is any that is free
 * @param instances the ports of the instances, asked anew for each request
 */
export async function startBalancer(
  port: number,
  instances: () => readonly number[],
): Promise<Balancer> {
  let turn = 0
  const server = createServer((req, res) => {
    const ports = instances()
    const next = turn++ % ports.length
    void forward([...ports.slice(next), ...ports.slice(0, next)], req, res)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function forward(
  ports: readonly number[],
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const socket = await connected(ports)
  if (socket === undefined) {
    res.writeHead(503).end('No instance is there.')
    return
  }
  const { method, url: path } = req
  const headers = { ...req.headers, connection: 'close' }
  const onward = sendRequest({ method, path, headers, createConnection: () => socket })
  onward.on('response', (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders))
    res.flushHeaders()
    pipeline(answer, res, () => undefined)
  })
  onward.on('error', () => {
    if (res.headersSent) res.destroy()
    else res.writeHead(502).end('The instance has gone.')
  })
  res.on('close', () => onward.destroy())
  req.pipe(onward)
}

/** A connection to the first instance that takes one: before that, nothing is sent. */
async function connected(ports: readonly number[]): Promise<Socket | undefined> {
  for (const port of ports) {
    const socket = connect({ port, host: '127.0.0.1' })
    try {
      await once(socket, 'connect')
      return socket
    } catch {
      // Not there: the next one is asked.
    }
  }
  return undefined
}

/** Headers, less those that are about the connection that they came on. */
function endToEnd(raw: readonly string[]): string[] {
  return raw.filter((_, index) => !/^(?:connection|keep-alive)$/i.test(raw[index & ~1] as string))
}

import { once } from 'node:events'
import { readdir, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type MakeApp, UPLOADS } from '../apps/app.ts'
import { FakeSocket } from '../load/fake-socket.ts'
import { LoadClient } from '../load/load-client.ts'
import { workloadOf } from '../load/workload.ts'
import type { Contestant, Reading, Settings } from '../measure/contestant.ts'
import { peakMemory } from '../measure/peak-memory.ts'

/** How requests reach the app. */
interface Clients {
  exchange(count: number): Promise<Reading>
  close(): Promise<void>
}

/**
 * Exchanges with an app: `framework`, the `front` before its routes, the `workload`, how many
 * `connections`, and whether they are `over` fake sockets or the loopback device.
 */
export async function make(settings: Settings, dir: string): Promise<Contestant> {
  const { framework, workload, connections = 32, over = 'fake' } = settings
  const { makeApp } = (await import(`../apps/${framework}.ts`)) as { makeApp: MakeApp }
  const { server, mounted } = await makeApp(settings, dir)
  const { each = 1 } = workloadOf(String(workload))
  const start = over === 'fake' ? overFakeSockets : overLoopback
  const clients = await start(server, String(workload), Number(connections))
  return {
    async round(count) {
      const { wall, ...seen } = await clients.exchange(count / each)
      // What is done after the answers belongs to what they cost, but no client waits for it.
      await mounted.settled?.()
      const peak = peakMemory() / 1024
      const time = wall === undefined ? {} : { wall: wall / count }
      return { ...seen, ...time, peak, ...mounted.figures?.(count) }
    },
    async tidy() {
      const names = await readdir(join(dir, UPLOADS)).catch(() => [])
      for (const name of names) await rm(join(dir, UPLOADS, name))
    },
    async close() {
      await clients.close()
      await mounted.close?.()
    },
  }
}

async function overFakeSockets(
  server: Server,
  workload: string,
  connections: number,
): Promise<Clients> {
  // Where the workload is that of one endpoint among many, they are asked in turn.
  const [kind, size] = workload.split(':')
  const sockets = Array.from({ length: connections }, (_, nth) => {
    const name = kind === 'endpoint' ? `endpoint:${nth % Number(size)}` : workload
    return new FakeSocket(workloadOf(name).request)
  })
  for (const socket of sockets) await socket.connect(server)
  return {
    async exchange(count) {
      const each = Math.ceil(count / sockets.length)
      await Promise.all(sockets.map((socket) => socket.exchange(each)))
      return {}
    },
    async close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function overLoopback(
  server: Server,
  workload: string,
  connections: number,
): Promise<Clients> {
  // While the others have their turn, its connections are idle.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = await LoadClient.start(port, workload, connections)
  return {
    async exchange(count) {
      return { ...(await client.exchange(count)) }
    },
    close: () => client.end(),
  }
}

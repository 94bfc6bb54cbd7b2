// Forked by `load-client.ts`: the clients of one server, so that its CPU time is its own.
import { Connection } from './connection.ts'
import { workloadOf } from './workload.ts'

const [port = '', workload = '', connections = ''] = process.argv.slice(2)
const { request } = workloadOf(workload)
const clients = await Promise.all(
  Array.from({ length: Number(connections) }, () => Connection.open(Number(port), request)),
)
process.on('message', (count: number) => void exchange(count))
process.on('disconnect', () => process.exit())
process.send?.('ready')

async function exchange(count: number): Promise<void> {
  let left = count
  let firstBytes = 0
  const start = performance.now()
  await Promise.all(
    clients.map(async (client) => {
      while (left-- > 0) firstBytes += await client.exchange()
    }),
  )
  const wall = (performance.now() - start) * 1000
  process.send?.({ wall, firstByte: firstBytes / count })
}

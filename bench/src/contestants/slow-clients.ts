import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { MakeApp } from '../apps/app.ts'
import { answerOf } from '../measure/answer-of.ts'
import type { Contestant, Settings } from '../measure/contestant.ts'
import { grown, memory } from './memory.ts'

/** Memory under many clients at once that have sent half of their request. */
export async function make(settings: Settings, dir: string): Promise<Contestant> {
  const { makeApp } = (await import(`../apps/${settings.framework}.ts`)) as { makeApp: MakeApp }
  const { server, mounted } = await makeApp(settings, dir)
  // They are slower than what a server allows by default.
  server.requestTimeout = 0
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const path = fileURLToPath(new URL('slow-clients-process.ts', import.meta.url))
  const clients = fork(path, [String(port), String(settings.workload)])
  await answerOf(clients, 'slow clients')
  return {
    async round(count) {
      const before = await memory()
      clients.send(count)
      await answerOf(clients, 'slow clients')
      const figures = grown(before, await memory(), count)
      // The other half; every answer must come.
      clients.send(0)
      await answerOf(clients, 'slow clients')
      await mounted.settled?.()
      return figures
    },
    async close() {
      clients.disconnect()
      await mounted.close?.()
    },
  }
}

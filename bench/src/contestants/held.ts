import type { MakeApp } from '../apps/app.ts'
import { FakeSocket } from '../load/fake-socket.ts'
import { workloadOf } from '../load/workload.ts'
import type { Contestant, Settings } from '../measure/contestant.ts'
import { grown, memory } from './memory.ts'

/** Memory that is still held when exchanges are over and nobody has flagged them. */
export async function make(settings: Settings, dir: string): Promise<Contestant> {
  const { framework, workload } = settings
  const { makeApp } = (await import(`../apps/${framework}.ts`)) as { makeApp: MakeApp }
  const { server, mounted } = await makeApp(settings, dir)
  const socket = new FakeSocket(workloadOf(String(workload)).request)
  await socket.connect(server)
  return {
    async round(count) {
      const before = await memory()
      await socket.exchange(count)
      await mounted.settled?.()
      return grown(before, await memory(), count)
    },
    async close() {
      socket.destroy()
      await mounted.close?.()
    },
  }
}

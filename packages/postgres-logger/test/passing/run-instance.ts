// Run as a process of its own by `InstanceProcess`.
import type { InstanceJob, Order, Said } from './instance-process.ts'
import { PassingLogger } from './passing-logger.ts'
import { serveInstance } from './serve-instance.ts'

const job = JSON.parse(process.argv[2] ?? '{}') as InstanceJob
const say = (said: Said): void => void process.send?.(said)
const told = (error: unknown, isUncaught: boolean): void => {
  say({ error: error instanceof Error ? `${error.message}` : String(error), isUncaught })
}

process.on('uncaughtException', (error) => told(error, true))
process.on('unhandledRejection', (error) => told(error, true))

const callback = new PassingLogger(job.url, job.passing)
let isHanging = false
callback.before = async () => {
  say({ flags: callback.flags })
  if (isHanging) await new Promise(() => undefined)
}
const { server, flagging } = await serveInstance(job.framework, {
  dir: job.dir,
  callback,
  onError: (error) => told(error, false),
})
process.on('message', (order: Order) => {
  if (order === 'hang') isHanging = true
  else void end()
})
say({ port: server.port ?? 0 })

async function end(): Promise<void> {
  await server.close()
  await flagging.close()
  process.disconnect()
}

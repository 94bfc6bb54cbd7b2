import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DirectoryFiles, PostgresLogger } from '@flagging/postgres-logger'
import { type BenchSample, COMPONENTS } from './sample-of.ts'
import type { Writer } from './writer.ts'

/** Flags that are under way at a time, as on a busy host. */
const AT_ONCE = 1024
/** How often it is looked whether all has arrived. */
const LOOK_MS = 5

/** Writes samples as a flagging would have them written. */
export async function loggerWriter(
  url: string,
  schema: string,
  dir: string,
  direct: boolean,
): Promise<Writer> {
  const files = new DirectoryFiles(join(dir, 'files'))
  const logger = new PostgresLogger({ connection: url, schema, files, direct })
  const nobody = () => undefined
  const host = {
    dir,
    holds: false,
    stores: true,
    isHeld: () => false,
    flagHeld: nobody,
    unflagHeld: nobody,
  }
  logger.attach(host)
  await logger.setup(COMPONENTS, dir)
  const flag = ({ values, details }: BenchSample): Promise<number> =>
    logger.flag(values, null, null, { ...details, dir })
  return {
    async write(samples) {
      let next = 0
      const some = async (): Promise<void> => {
        for (let sample = samples[next++]; sample; sample = samples[next++]) await flag(sample)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, some))
      while (logger.stats().waiting > 0) await sleep(LOOK_MS)
    },
    close: () => logger.close(),
  }
}

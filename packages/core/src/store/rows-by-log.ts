import { unless } from './disk.ts'
import type { LogContext } from './log-context.ts'
import { type RowKey, isRowKey } from './row-key.ts'
import { LOG_NAME } from './sidecar.ts'
import { noRowKey, notAFile } from './store-errors.ts'

/** Whether a dataset has a log that keys name: where there is nothing, nothing is made. */
export async function hasLogOf({ fs, dir }: LogContext, keys: readonly RowKey[]): Promise<boolean> {
  let isThere = false
  for (const log of byLog(keys).keys()) {
    const found = await unless('ENOENT ENOTDIR', fs.lstat(`${dir}/${log}`))
    if (found !== undefined && found.kind !== 'file') throw notAFile(log)
    isThere ||= found !== undefined
  }
  return isThere
}

/**
 * Keys by the logs that they name.
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` for what is no key, and for logs that are not ours
 */
export function byLog(keys: readonly RowKey[]): Map<string, RowKey[]> {
  const logs = new Map<string, RowKey[]>()
  for (const key of keys) {
    if (!isRowKey(key)) throw noRowKey()
    if (!LOG_NAME.test(key.log)) throw noRowKey(key.log)
    const known = logs.get(key.log)
    if (known === undefined) logs.set(key.log, [key])
    else known.push(key)
  }
  return logs
}

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FlaggingError } from '../errors.ts'
import type { TransferModule } from './transfer.ts'

const PACKAGE = '@flagging/postgres-logger'
/** Not installed; or so old that it has no command. */
const ABSENT: readonly unknown[] = ['MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED']

/**
 * What moves samples into PostgreSQL and out of it: from the project that the command runs in, else
 * from beside this package, which itself needs no database.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` where it is not installed, with what to install
 */
export async function findTransfer(project: string): Promise<TransferModule> {
  for (const from of [join(project, 'package.json'), import.meta.url]) {
    const path = resolved(from)
    // A cast, since what is found at run time has no types.
    if (path !== undefined) return (await import(pathToFileURL(path).href)) as TransferModule
  }
  throw new FlaggingError(
    'ERR_FLAGGING_OPTION',
    `import and export need ${PACKAGE}, which is not installed here: npm install ${PACKAGE}`,
  )
}

function resolved(from: string): string | undefined {
  try {
    return createRequire(from).resolve(`${PACKAGE}/command`)
  } catch (error) {
    if (ABSENT.includes((error as NodeJS.ErrnoException).code)) return undefined
    throw error
  }
}

import { FlaggingError } from '@flagging/core'
import { isOfTheSetup, markFault } from './transient.ts'

const LONGEST = 300

/** What is thrown for whatever failed between us and the database. What `pg` says of it holds no password. */
export function databaseError(cause: unknown): FlaggingError {
  if (cause instanceof FlaggingError) return cause
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown }
  const what = typeof message === 'string' ? message.slice(0, LONGEST) : ''
  const why = [typeof code === 'string' ? code : '', what].filter(Boolean).join(': ')
  return new FlaggingError('ERR_FLAGGING_STORE', `PostgreSQL: ${why || 'it cannot be used'}`, {
    cause,
  })
}

/** What is thrown where there is no way to the server: nothing that was asked is to blame. */
export function connectError(cause: unknown): FlaggingError {
  const error = databaseError(cause)
  return markFault(error, isOfTheSetup(cause) ? 'setup' : 'passing')
}

/** What is thrown where a connection is lost; what was asked may have been done or not. */
export function lostConnection(cause: unknown): FlaggingError {
  return connectError(cause)
}

/** What is thrown where the server does not say a word. */
export function noAnswer(ms: number): FlaggingError {
  const message = `PostgreSQL has not answered for ${Math.round(ms / 1000)} seconds`
  return markFault(new FlaggingError('ERR_FLAGGING_STORE', message), 'passing')
}

/** What is thrown where the database or the place of the files keeps somebody waiting. */
export function noEnd(ms: number): FlaggingError {
  const seconds = Math.round(ms / 1000)
  const message = `Neither PostgreSQL nor the file store has come to an end within ${seconds} seconds`
  return markFault(new FlaggingError('ERR_FLAGGING_STORE', message), 'passing')
}

/** What is thrown where the tables are not those that this version needs. */
export function notMigrated(found: number, needed: number): FlaggingError {
  const [what, cure] =
    found > needed
      ? [
          `was made by a newer version (schema ${found}, this one knows ${needed})`,
          'update @flagging/postgres-logger here, too',
        ]
      : [
          found === 0
            ? 'has no tables of ours'
            : `has tables of an older version (schema ${found} of ${needed})`,
          'run `await logger.migrate()` once, for instance when you deploy',
        ]
  // Somebody is going to see to it: until then samples wait.
  return markFault(
    new FlaggingError('ERR_FLAGGING_STORE', `The database ${what}: ${cure}.`),
    'setup',
  )
}

/** What is thrown where a dataset is gone that was there a moment ago. */
export function databaseGone(folder: string): FlaggingError {
  const message = `The dataset ${JSON.stringify(folder)} is gone: somebody has replaced the tables`
  return markFault(new FlaggingError('ERR_FLAGGING_STORE', message), 'passing')
}

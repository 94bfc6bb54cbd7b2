import { CSVLogger, type FlaggingCallback } from '@flagging/core'
import type { CallbackHost } from '@flagging/core/store'
import { Database } from '../../src/database/database.ts'
import { Passing, type PassingOptions } from '../../src/passing/passing.ts'

/** Stores in a directory that all instances share, and passes flags through a database. */
export class PassingLogger extends CSVLogger implements FlaggingCallback {
  readonly database: Database
  readonly elsewhere: Passing
  #attached = 0
  /** Flags that came here to be stored. */
  flags = 0
  /** What each flag waits for before it is stored. */
  before: () => Promise<unknown> = () => Promise.resolve()

  constructor(url: string, options: Partial<PassingOptions> = {}) {
    super()
    this.database = new Database(url, 'flagging')
    this.elsewhere = new Passing(this.database, {
      // The machine may be busy: only tests of a 404 wait in vain.
      waitMs: 10_000,
      onError: (error) => this.onError?.(error),
      ...options,
    })
  }

  attach(host: CallbackHost): void {
    this.#attached += 1
    this.elsewhere.attach(host)
  }

  override async flag(...given: Parameters<CSVLogger['flag']>): Promise<number> {
    this.flags += 1
    await this.before()
    return super.flag(...given)
  }

  override async close(): Promise<void> {
    this.#attached -= 1
    if (this.#attached > 0) return
    await super.close()
    await this.elsewhere.close()
    await this.database.close()
  }
}

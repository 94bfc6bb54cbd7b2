import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createFlagging, type FlaggingMode } from '@flagging/core'
import * as forExpress from '@flagging/express-adapter'
import * as forHono from '@flagging/hono-adapter'
import type { Express } from 'express'
import type { Hono } from 'hono'
import type { Mounted, SubjectContext } from '../src/subject.ts'

/** Ours, in one of its modes. */
export function flaggingIn(mode: FlaggingMode) {
  const start = ({ dir }: SubjectContext) => {
    const flagging = createFlagging({ mode, dir, when: () => true, onError: fail })
    const mounted: Mounted = { close: () => flagging.close() }
    if (mode === 'auto') mounted.captured = () => flagging.flush().then(() => allOf(dir))
    return { flagging, mounted }
  }
  return {
    headers: ['Flagging-Id'],
    express(app: Express, context: SubjectContext): Mounted {
      const { flagging, mounted } = start(context)
      app.use(forExpress.flagging(flagging))
      return mounted
    },
    hono(app: Hono, context: SubjectContext): Mounted {
      const { flagging, mounted } = start(context)
      app.use(forHono.flagging(flagging))
      return mounted
    },
  }
}

/** A failure of ours is as bad as one of the host; advice on where to mount it is none. */
function fail(error: unknown): void {
  if ((error as { code?: unknown }).code === 'ERR_FLAGGING_BODY_GONE') return
  void Promise.reject(error)
}

async function allOf(dir: string): Promise<Buffer> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return Buffer.concat(
    await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))),
  )
}

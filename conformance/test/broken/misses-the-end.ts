import type { Express } from 'express'
import type { Mounted } from '../../src/subject.ts'

export const name = 'keeps what is written, and not what the end brings'
export function express(app: Express): Mounted {
  const kept: Buffer[] = []
  app.use((_req, res, next) => {
    const { write } = res
    res.write = ((...args: Parameters<typeof write>) => {
      kept.push(Buffer.from(args[0] as string))
      return write.apply(res, args)
    }) as never
    next()
  })
  return { captured: async () => Buffer.concat(kept) }
}

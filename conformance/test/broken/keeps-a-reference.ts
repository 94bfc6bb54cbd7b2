import type { Express } from 'express'
import type { Mounted } from '../../src/subject.ts'

export const name = 'keeps chunks without a copy'
export function express(app: Express): Mounted {
  const kept: Buffer[] = []
  app.use((_req, res, next) => {
    const { write } = res
    res.write = ((...args: Parameters<typeof write>) => {
      kept.push(args[0] as Buffer)
      return write.apply(res, args)
    }) as never
    next()
  })
  return { captured: async () => Buffer.concat(kept) }
}

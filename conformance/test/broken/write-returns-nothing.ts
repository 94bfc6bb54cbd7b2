import type { Express } from 'express'

export const name = 'drops what res.write returns'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    const { write } = res
    res.write = ((...args: Parameters<typeof write>) => void write.apply(res, args)) as never
    next()
  })
}

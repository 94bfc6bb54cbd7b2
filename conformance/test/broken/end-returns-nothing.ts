import type { Express } from 'express'

export const name = 'drops what res.end returns'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    const { end } = res
    res.end = ((...args: Parameters<typeof end>) => void end.apply(res, args)) as never
    next()
  })
}

import type { Express } from 'express'

export const name = 'ends the answer a turn later'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    const { end } = res
    res.end = ((...args: Parameters<typeof end>) => {
      setImmediate(() => end.apply(res, args))
      return res
    }) as never
    next()
  })
}

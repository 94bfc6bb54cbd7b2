import type { Express } from 'express'

export const name = 'removes a header'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    res.removeHeader('X-Powered-By')
    next()
  })
}

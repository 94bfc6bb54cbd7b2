import type { Express } from 'express'

export const name = 'ends the process'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    res.on('finish', () => process.exit(3))
    next()
  })
}

import type { Express } from 'express'

export const name = 'puts another object in place of the response'
export function express(app: Express): void {
  app.use((req, res, next) => {
    const other = Object.create(res) as typeof res
    req.res = other
    next()
  })
}

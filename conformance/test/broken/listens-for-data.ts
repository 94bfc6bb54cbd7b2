import type { Express } from 'express'

export const name = 'listens for data, which lets the request flow'
export function express(app: Express): void {
  app.use((req, _res, next) => {
    req.on('data', () => {})
    next()
  })
}

import type { Express } from 'express'

export const name = 'throws when the answer is finished'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    res.on('finish', () => {
      throw new Error('the log is full')
    })
    next()
  })
}

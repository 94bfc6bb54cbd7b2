import type { Express } from 'express'

export const name = 'sets the encoding of the request'
export function express(app: Express): void {
  app.use((req, _res, next) => {
    req.setEncoding('utf8')
    next()
  })
}

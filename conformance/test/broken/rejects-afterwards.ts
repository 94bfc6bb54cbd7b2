import type { Express } from 'express'
import type { Hono } from 'hono'

export const name = 'leaves a rejection behind'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    res.on('close', () => void Promise.reject(new Error('the log is full')))
    next()
  })
}
export function hono(app: Hono): void {
  app.use(async (_c, next) => {
    await next()
    void Promise.reject(new Error('the log is full'))
  })
}

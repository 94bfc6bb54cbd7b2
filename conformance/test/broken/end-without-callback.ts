import type { Express } from 'express'

export const name = 'drops the callback of res.end'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    const { end } = res
    res.end = ((chunk: unknown, encoding: BufferEncoding) => {
      return end.call(res, typeof chunk === 'function' ? undefined : chunk, encoding)
    }) as never
    next()
  })
}

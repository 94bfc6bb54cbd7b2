import type { Express } from 'express'

export const name = 'ignores the encoding of a chunk'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    const { write } = res
    res.write = ((chunk: string, encoding: unknown, callback: () => void) =>
      write.call(res, Buffer.from(chunk), 'utf8', callback)) as never
    next()
  })
}

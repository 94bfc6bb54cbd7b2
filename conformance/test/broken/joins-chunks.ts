import type { Express } from 'express'

export const name = 'joins the chunks of a turn'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    const { write } = res
    let waiting: Buffer[] = []
    const flush = (): void => {
      if (waiting.length > 0 && !res.writableEnded) write.call(res, Buffer.concat(waiting), 'utf8')
      waiting = []
    }
    res.write = ((chunk: string) => {
      if (waiting.push(Buffer.from(chunk)) === 1) process.nextTick(flush)
      return true
    }) as never
    const { end } = res
    res.end = ((...args: Parameters<typeof end>) => {
      flush()
      return end.apply(res, args)
    }) as never
    next()
  })
}

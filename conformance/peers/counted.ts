import type { RequestHandler } from 'express'

/** A middleware of Express that counts how many requests it was asked about. */
export class Counted {
  readonly handler: RequestHandler
  count = 0

  constructor(handler: RequestHandler) {
    this.handler = (req, res, next) => {
      this.count += 1
      return handler(req, res, next)
    }
  }
}

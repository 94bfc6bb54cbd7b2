import { createServer } from 'node:http'
import { flagging } from '@flagging/express-adapter'
import express from 'express'
import { times } from '../../../test/bounds/scale.ts'
import type { MakeDoublingApp } from '../../../test/browser/element-host.ts'
import { describeReviewPage } from '../../../test/browser/review-page.ts'

const makeApp: MakeDoublingApp = (options) => {
  const app = express()
  const middleware = flagging(options as object)
  app.use(middleware)
  app.post('/double', express.json(), (req, res) => {
    res.json({ Output: (req.body as { n: number }).n * 2 })
  })
  return { server: createServer(app), close: () => middleware.flagging.close() }
}

describeReviewPage('Express', makeApp, { isAnother: times(true, false) })

import { createServer } from 'node:http'
import { flagging } from '@flagging/express-adapter'
import express from 'express'
import { describeFlagButton } from '../../../test/browser/flag-button.ts'

describeFlagButton('Express', (options) => {
  const app = express()
  const middleware = flagging(options as object)
  app.use(middleware)
  app.post('/double', express.json(), (req, res) => {
    res.json({ Output: (req.body as { n: number }).n * 2 })
  })
  return { server: createServer(app), close: () => middleware.flagging.close() }
})

// An API that has its own authentication, rate limit and CORS. Flag routes go behind them.
import type { AddressInfo } from 'node:net'
import { flagging, flagRoutes } from '@flagging/express-adapter'
import cors from 'cors'
import express, { type Request, type RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'

const users = new Map([
  ['Bearer ada-secret', 'ada'],
  ['Bearer bob-secret', 'bob'],
])
const userOf = (req: Request) => users.get(req.headers.authorization ?? '')

const requireUser: RequestHandler = (req, res, next) => {
  if (userOf(req)) next()
  else res.status(401).json({ error: 'Send your token.' })
}

const middleware = flagging({
  inputs: ['text'],
  outputs: ['summary'],
  options: ['Wrong', 'Too long'],
  comment: true,
  username: userOf,
  path: false,
  origins: ['https://app.example'],
})
const app = express()

app.use(cors({ origin: 'https://app.example', exposedHeaders: ['Flagging-Id'] }))
app.use(middleware)
app.use(requireUser)

// One flag a second on the average, thirty at once; by user, since everybody has authenticated.
const limit = rateLimit({ windowMs: 30_000, limit: 30, keyGenerator: (req) => userOf(req) ?? '' })
app.use('/flag', limit, flagRoutes(middleware.flagging))

app.post('/summarize', express.json(), (req, res) => {
  const { text } = req.body as { text: string }
  const [summary] = text.split(/(?<=[.!?])\s/)
  res.json({ summary, flaggingId: middleware.flagging.idOf(req) })
})

const server = app.listen(Number(process.env.PORT ?? 3000), (error) => {
  if (error) throw error
  console.log(`The API is at http://localhost:${(server.address() as AddressInfo).port}`)
})

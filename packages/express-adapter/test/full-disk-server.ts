// Run as a process of its own by the tests in `packages/core/test/processes`.
import { flagging } from '@flagging/express-adapter'
import express from 'express'

const app = express()
app.use(
  flagging({
    dir: process.argv[2] ?? '',
    inputs: ['n'],
    outputs: ['text'],
    limits: { minFreeBytes: 0 },
    onError: () => undefined,
  }),
)
app.post('/make/:n', (req, res) => void res.json({ text: `${req.params.n} `.repeat(500) }))
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`ready ${typeof address === 'object' ? address?.port : ''}\n`)
})

import { flagging } from '@flagging/express-adapter'
import express from 'express'

const app = express()
app.use(flagging({ inputs: ['num1', 'operation', 'num2'] }), express.json())

app.post('/calculate', (req, res) => {
  const { num1, operation, num2 } = req.body
  res.json({ Output: operation === 'add' ? num1 + num2 : num1 - num2 })
})

const server = app.listen(Number(process.env.PORT ?? 3000), (error) => {
  if (error) throw error
  console.log('http://localhost:%d', Object(server.address()).port)
})

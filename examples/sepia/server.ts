// A picture in, a picture out. Flagged ones go to flagged/im/0.png and flagged/Output/0.png.
//   curl -D- -o sepia.png localhost:3000/sepia -F im=@picture.png
import type { AddressInfo } from 'node:net'
import { image } from '@flagging/core'
import { flagging } from '@flagging/express-adapter'
import express from 'express'
import multer from 'multer'
import { toSepia } from './to-sepia.ts'

const upload = multer({ limits: { fileSize: 10 * 1024 * 1024 } })
const app = express()

app.use(flagging({ inputs: [image('im')], outputs: [image('Output')] }))

app.post('/sepia', upload.single('im'), async (req, res) => {
  if (!req.file) {
    res.status(400).json({ error: 'Send a picture in the field im.' })
    return
  }
  try {
    res.type('png').send(await toSepia(req.file.buffer))
  } catch {
    res.status(400).json({ error: 'This is no picture.' })
  }
})

const server = app.listen(Number(process.env.PORT ?? 3000), (error) => {
  if (error) throw error
  console.log(`Sepia is at http://localhost:${(server.address() as AddressInfo).port}`)
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import express, { type RequestHandler } from 'express'
import multer from 'multer'
import { EXPRESS_FRONTS } from '../fronts/express-fronts.ts'
import type { Settings } from '../measure/contestant.ts'
import { PNG, type StreamRequest, calculate, eventData } from './answers.ts'
import { type App, UPLOADS } from './app.ts'

/** Express sends nothing but a `Buffer` as bytes. */
const PNG_BUFFER = Buffer.from(PNG.buffer)

/** An app of Express. */
export async function makeApp({ front, endpoints = 0 }: Settings, dir: string): Promise<App> {
  const app = express()
  app.disable('x-powered-by')
  const mounted = (await EXPRESS_FRONTS[String(front)]?.(app, dir)) ?? {}
  const asJSON = express.json({ limit: '4mb' })
  const answer: RequestHandler = (req, res) => void res.json(calculate(req.body))
  app.post('/calculate', asJSON, answer)
  for (let nth = 0; nth < Number(endpoints); nth++) app.post(`/calculate/${nth}`, asJSON, answer)
  app.post('/echo', asJSON, (req, res) => void res.json(req.body))
  app.post('/count', asJSON, (req, res) => {
    res.json({ Output: Object.keys(req.body as object).length })
  })
  app.post('/form', express.urlencoded({ extended: false }), (req, res) => {
    const { num1, operation, num2 } = req.body as Record<string, string>
    res.json(calculate({ num1: Number(num1), operation, num2: Number(num2) }))
  })
  app.post('/png', asJSON, (_req, res) => void res.type('png').send(PNG_BUFFER))
  app.post('/upload', multer({ dest: join(dir, UPLOADS) }).single('file'), (req, res) => {
    res.json({ size: req.file?.size })
  })
  app.post('/sse', asJSON, stream)
  return { server: createServer(app), mounted }
}

const stream: RequestHandler = async (req, res) => {
  const { chunks, pause } = req.body as StreamRequest
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let nth = 0; nth < chunks; nth++) {
    if (pause > 0) await delay(pause)
    if (!res.write(`data: ${eventData(nth)}\n\n`)) await once(res, 'drain')
  }
  res.end()
}

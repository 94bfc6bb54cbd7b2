import { createServer, type RequestListener } from 'node:http'
import type { flagging } from '@flagging/express-adapter'
import express5, { type NextFunction, type Request, type Response } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../../test/contract/listen.ts'
import { postJSON, recordsOf, send } from '../../../test/contract/wire.ts'
import { World } from '../../../test/contract/world.ts'
import { expressAdapter } from './express-host.ts'

type Middleware = (req: Request, res: Response, next: NextFunction) => unknown

/** What Connect gives a request below `/api`: the address as it came, and the one below. */
const belowApi = (middleware: Middleware): Middleware => {
  return (req, res, next) => {
    req.originalUrl = req.url
    req.url = req.url.slice('/api'.length)
    return middleware(req, res, next)
  }
}

const HOSTS = [
  { name: 'a plain server', base: '', host: (middleware: Middleware) => middleware },
  { name: 'a mount of Connect', base: '/api', host: belowApi },
]

for (const { name, base, host } of HOSTS) {
  describe(`in ${name}, whose requests have nothing of Express's`, () => {
    const serve = async () => {
      const world = await World.make(expressAdapter(express5))
      const mounted = world.flagging({ mode: 'auto' })
      const middleware = host(mounted as unknown as ReturnType<typeof flagging>)
      const listener: RequestListener = (req, res) => {
        res.setHeader('content-type', 'application/json')
        req.on('data', (chunk: Buffer) => res.write(chunk)).on('end', () => res.end())
      }
      const server = await listen(
        createServer((req, res) =>
          middleware(req as Request, res as Response, () => listener(req, res)),
        ),
      )
      onTestFinished(() => server.close())
      return { world, server }
    }

    test('the host answers, and the exchange is stored', async () => {
      const { world, server } = await serve()
      const answer = await send(server, `${base}/ask?page=2`, postJSON({ q: 'why' }))
      expect(answer.json()).toEqual({ q: 'why' })
      await world.flush()
      expect(await world.folders()).toEqual(['index'])
      expect(recordsOf(await world.read('index/logs.csv'))).toMatchObject([{ page: '2' }])
    })

    test('the flag routes answer', async () => {
      const { world, server } = await serve()
      const answer = await send(server, `${base}/flag?x=1`)
      expect(answer.json()).toMatchObject({ mode: 'auto', options: [] })
      await world.flush()
    })
  })
}

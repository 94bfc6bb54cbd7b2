import { once } from 'node:events'
import {
  type ClientRequest,
  type IncomingMessage,
  type RequestListener,
  createServer,
  request,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startBalancer } from '../fleet/balancer.ts'

/** Starts an instance, which ends with the test; gives its port. */
async function instance(answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function balancer(...ports: readonly number[]): Promise<string> {
  const { url, close } = await startBalancer(0, () => ports)
  onTestFinished(close)
  return url
}

/** A port at which nobody is. */
async function nobody(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const named =
  (name: string): RequestListener =>
  (req, res) =>
    void res.writeHead(200, { Name: name, 'Set-Cookie': ['a=1', 'b=2'] }).end(req.url)

async function answerTo(asked: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return answer
}

describe('the balancer of the fleet', () => {
  it('asks one instance after the other, and passes over those that are not there', async () => {
    const url = await balancer(
      await instance(named('first')),
      await nobody(),
      await instance(named('second')),
    )
    const names: (string | null)[] = []
    for (let n = 0; n < 6; n++) {
      const answer = await fetch(`${url}/path?n=${n}`)
      expect(await answer.text()).toBe(`/path?n=${n}`)
      expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
      names.push(answer.headers.get('Name'))
    }
    expect(names).toEqual(['first', 'second', 'second', 'first', 'second', 'second'])
  })

  it('says so where no instance is there', async () => {
    expect((await fetch(await balancer(await nobody(), await nobody()))).status).toBe(503)
    expect((await fetch(await balancer())).status).toBe(503)
  })

  it('streams requests and answers, in pieces and at the same time', async () => {
    const echo: RequestListener = (req, res) => void req.pipe(res)
    const asked = request(await balancer(await instance(echo)), { method: 'POST' })
    asked.write('one')
    const answer = await answerTo(asked)
    const pieces = answer.setEncoding('utf8')[Symbol.asyncIterator]()
    expect(await pieces.next()).toEqual({ done: false, value: 'one' })
    asked.end('two')
    expect(await pieces.next()).toEqual({ done: false, value: 'two' })
    expect((await pieces.next()).done).toBe(true)
  })

  it('cuts an answer whose instance dies, and answers 502 where there was none yet', async () => {
    const url = await balancer(
      await instance((req, res) => {
        if (req.url === '/later') res.write('half')
        setImmediate(() => res.destroy())
      }),
    )
    expect((await fetch(url)).status).toBe(502)
    const cut = await answerTo(request(`${url}/later`).end())
    await expect(cut.toArray()).rejects.toThrow('aborted')
  })

  it('tells the instance that a client has gone', async () => {
    let gone: Promise<unknown> | undefined
    const url = await balancer(
      await instance((req, res) => {
        gone = once(res, 'close')
        res.write('half')
      }),
    )
    const asked = request(url).end()
    const answer = await answerTo(asked)
    answer.on('error', () => undefined).destroy()
    expect(gone).toBeDefined()
    await gone
  })
})

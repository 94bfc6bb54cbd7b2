import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import type { Express, Response } from 'express'
import type { Probe, Stage } from '../../src/probe.ts'
import { codeOf, thrownBy } from '../watching.ts'

type Head = (res: Response, saw: Stage['saw']) => unknown

/** How the head of an answer is written. */
const HEADS: Readonly<Record<string, Head>> = {
  'writeHead with a status': (res) => res.writeHead(201),
  'writeHead with an object': (res) => {
    res.set('X-Old', '1')
    res.writeHead(201, { 'X-New': '2', 'x-old': '3', 'X-List': ['a', 'b'] })
  },
  'writeHead with a message': (res) => res.writeHead(200, 'Well Done'),
  'writeHead with a message and an object': (res) =>
    res.writeHead(201, 'Made', { 'Content-Type': 'text/plain' }),
  'writeHead with a flat list': (res) =>
    res.writeHead(200, ['X-A', '1', 'x-a', '2', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']),
  'writeHead with a list of pairs': (res, saw) => {
    const pairs = [
      ['X-A', '1'],
      ['X-B', ['2', '3']],
    ] as unknown as OutgoingHttpHeader[]
    saw(
      'thrown',
      thrownBy(() => res.writeHead(200, pairs)),
    )
  },
  'writeHead with one pair': (res, saw) => {
    const pairs = [['X-A', '1']] as unknown as OutgoingHttpHeader[]
    saw(
      'thrown',
      thrownBy(() => res.writeHead(200, pairs)),
    )
  },
  'writeHead with an odd list': (res, saw) => {
    saw(
      'thrown',
      thrownBy(() => res.writeHead(200, ['X-A', '1', 'X-B'])),
    )
  },
  'writeHead with an empty list, and an empty object': (res) => res.writeHead(200, []),
  'writeHead with null and undefined': (res) =>
    res.writeHead(200, null as unknown as string, undefined as unknown as OutgoingHttpHeaders),
  'writeHead with an undefined header': (res, saw) => {
    saw(
      'thrown',
      thrownBy(() => res.writeHead(200, { 'X-A': undefined })),
    )
  },
  'writeHead with a header that must not be': (res, saw) => {
    saw(
      'value',
      thrownBy(() => res.writeHead(200, { 'X-A': 'a\r\nX-B: c' })),
    )
    saw(
      'name',
      thrownBy(() => res.writeHead(200, { 'X A': 'a' })),
    )
  },
  'writeHead with inherited and frozen headers': (res) => {
    const inherited = Object.create({ 'X-Not': 'own' }) as OutgoingHttpHeaders
    inherited['X-A'] = 'own'
    res.writeHead(200, Object.freeze(inherited))
  },
  'writeHead with a status that is none': (res, saw) => {
    for (const status of [0, 99, 1000, Number.NaN, '200', 'two']) {
      saw(
        `${status}`,
        thrownBy(() => res.writeHead(status as number)),
      )
    }
  },
  'writeHead twice': (res, saw) => {
    res.writeHead(202, { 'X-A': '1' })
    saw(
      'again',
      thrownBy(() => res.writeHead(203, { 'X-A': '2' })),
    )
  },
  'writeHead returns the response': (res, saw) => {
    saw('returned', res.writeHead(200, { 'X-A': '1' }) === res)
  },
  'headers after they are sent': (res, saw) => {
    res.flushHeaders()
    saw(
      'set',
      thrownBy(() => res.setHeader('X-A', '1')),
    )
    saw(
      'express',
      thrownBy(() => res.set('X-A', '1')),
    )
    saw(
      'append',
      thrownBy(() => res.appendHeader('X-A', '1')),
    )
    saw(
      'remove',
      thrownBy(() => res.removeHeader('X-Powered-By')),
    )
    saw(
      'head',
      thrownBy(() => res.writeHead(200)),
    )
    saw(
      'status',
      thrownBy(() => res.status(500)),
    )
    saw(
      'json',
      thrownBy(() => res.json({})),
    )
    saw(
      'redirect',
      thrownBy(() => res.redirect('/')),
    )
  },
  'a status message of the handler': (res) => {
    res.statusMessage = 'Quite So'
  },
  'a status given as text': (res, saw) => {
    saw('thrown', codeOf(thrownBy(() => res.status('201' as unknown as number))))
  },
  'appendHeader, removeHeader, hasHeader and getHeader': (res, saw) => {
    res.appendHeader('X-Many', '1').appendHeader('x-many', ['2', '3'])
    res.setHeader('X-Gone', '1')
    res.removeHeader('x-gone')
    const own = Object.entries(res.getHeaders()).filter(([name]) => name.startsWith('x-many'))
    saw('headers', [own, res.getHeaderNames().includes('x-many')])
    saw('has', [res.hasHeader('X-Gone'), res.hasHeader('x-MANY'), res.getHeader('X-Many')])
  },
  'setHeaders from a Map': (res) => {
    res.setHeaders(
      new Map([
        ['X-A', '1'],
        ['X-B', '2'],
      ]),
    )
  },
  'no date': (res) => {
    res.sendDate = false
    res.set('X-Date', 'none')
  },
  'Connection: close by the handler': (res) => res.set('Connection', 'close'),
  'Transfer-Encoding by the handler': (res) => res.set('Transfer-Encoding', 'chunked'),
  'writeContinue, writeProcessing and writeEarlyHints': (res, saw) => {
    res.writeContinue()
    res.writeProcessing()
    res.writeEarlyHints({ link: ['</a.css>; rel=preload; as=style', '</b.js>; rel=preload'] }, () =>
      saw('hinted'),
    )
    saw('sent', res.headersSent)
  },
  'writeEarlyHints with links that are none': (res, saw) => {
    saw(
      'thrown',
      thrownBy(() => res.writeEarlyHints({ link: 'bad' })),
    )
  },
  'headers that are read back where the answer ends': (res, saw) => {
    res.set({ 'X-A': '1', ETag: '"a"' })
    res.on('finish', () => saw('at finish', [res.get('X-A'), res.get('ETag')]))
    res.on('close', () => saw('at close', [res.get('X-A'), res.headersSent]))
  },
}

/** How handlers write the head of an answer, which is compared line by line. */
export const HEADS_ON_EXPRESS: readonly Probe[] = Object.entries(HEADS).flatMap(([name, write]) => [
  headProbe(name, write, true),
  // Node sends lists as they are only where nothing has been set before.
  ...(name.startsWith('writeHead') ? [headProbe(name, write, false)] : []),
])

function headProbe(name: string, write: Head, isPowered: boolean): Probe {
  return {
    name: isPowered ? name : `${name}, where nothing has been set before`,
    express(app: Express, { saw }: Stage) {
      app.set('x-powered-by', isPowered)
      app.use((req, res) => {
        res.on('close', () => {
          const { statusCode, statusMessage, headersSent } = res
          setImmediate(() =>
            saw(`closed ${req.method}`, { statusCode, statusMessage, headersSent }),
          )
        })
        write(res, saw)
        res.end(`plain words of ${req.method}`)
      })
    },
    async play(client) {
      const wires: string[] = []
      for (const method of ['POST', 'HEAD', 'GET']) {
        wires.push(await client.raw(`${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`))
        await client.saw(`closed ${method}`)
      }
      return wires
    },
    kept: ['plain words of POST'],
  }
}

import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import express5, { type Express } from 'express'
import express4 from 'express4'
import { Hono } from 'hono'
import { type HostName, isExpress } from './hosts.ts'
import type { Probe, Stage } from './probe.ts'
import type { Mounted, Subject } from './subject.ts'

/** An app of a probe that is being served. */
export interface Served {
  readonly port: number
  /** What the subject has kept; `undefined` where it does not tell. */
  captured(): Promise<Uint8Array | undefined>
  close(): Promise<void>
}

/** Makes the app of a probe with the subject mounted, and serves it on a free port. */
export async function serve(
  probe: Probe,
  subject: Subject,
  given: Omit<Stage, 'mount'> & { readonly subjectDir: string },
): Promise<Served> {
  const { host, subjectDir } = given
  let mounted: Mounted | undefined
  const build = <App>(app: App, add: Add<App> | undefined, mount: Add<App> | undefined): App => {
    const stage = {
      ...given,
      mount: () => void (mounted = mount?.call(subject, app, { dir: subjectDir }) ?? undefined),
    }
    if (probe.mounts !== 'itself') stage.mount()
    add?.call(probe, app, stage as never)
    return app
  }
  const server = isExpress(host)
    ? (build(newExpress(host), probe.express as never, subject.express as never) as Express).listen(
        0,
        '127.0.0.1',
      )
    : listenHono(build(new Hono(), probe.hono as never, subject.hono as never), host)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  if (!server.listening) await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    captured: async () => (probe.kept ? mounted?.captured?.() : undefined),
    async close() {
      server.close()
      // Also those that were upgraded, which the server no longer knows.
      for (const socket of sockets) socket.destroy()
      await mounted?.close?.()
    },
  }
}

type Add<App> = (app: App, more: object) => Mounted | void

function newExpress(host: HostName): Express {
  const app = (host === 'express4' ? express4 : express5)() as Express
  // Errors are answered, not printed.
  app.set('env', 'test')
  return app
}

function listenHono(app: Hono, host: HostName): HttpServer {
  const options = host === 'hono-h2c' ? { createServer: createHttp2Server } : {}
  const server = createAdaptorServer({ fetch: app.fetch, ...options })
  return server.listen(0, '127.0.0.1') as HttpServer
}

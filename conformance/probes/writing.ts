import type { Express, Response } from 'express'
import type { Probe, Stage } from '../src/probe.ts'

/** An answer that a handler writes by itself. */
export interface Writing {
  readonly write: (res: Response, saw: Stage['saw']) => unknown
  /** Defaults to a plain HTTP/1.1 POST. */
  readonly request?: string
  readonly kept?: readonly (string | Uint8Array)[]
}

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

/** A probe for each, which compares every byte on the wire. */
export function writingProbes(writings: Readonly<Record<string, Writing>>): readonly Probe[] {
  return Object.entries(writings).map(([name, { write, request = POST, kept }]) => ({
    name,
    express(app: Express, { saw }: Stage) {
      app.post('/', (_req, res) => {
        res.on('close', () => setImmediate(() => saw('closed', res.writableFinished)))
        return void write(res, saw)
      })
    },
    async play(client) {
      const wire = await client.raw(request)
      await client.saw('closed')
      return wire
    },
    ...(kept && { kept }),
  }))
}

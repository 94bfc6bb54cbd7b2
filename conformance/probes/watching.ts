import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { RequestHandler } from 'express'

/** Gathers the events of an emitter in their order, with the code of an error that came with them. */
export function eventsOf(emitter: EventEmitter, ...names: string[]): string[] {
  const events: string[] = []
  for (const name of names) {
    emitter.on(name, (given?: unknown) => {
      events.push(given instanceof Error ? `${name} ${codeOf(given)}` : name)
    })
  }
  return events
}

/** What programs tell errors apart by; `null` where there is none. */
export function codeOf(error: unknown): string | null {
  if (error == null) return null
  if (!(error instanceof Error)) return typeof error === 'string' ? error : JSON.stringify(error)
  return `${error.name} ${(error as NodeJS.ErrnoException).code ?? error.message}`
}

/** What was thrown by a call, as its code; `null` where nothing was. */
export function thrownBy(work: () => unknown): string | null {
  try {
    work()
    return null
  } catch (error) {
    return codeOf(error)
  }
}

/** Resolves once the whole request has arrived, though nobody may have read it. */
export async function arrived(req: IncomingMessage): Promise<void> {
  while (!req.complete) await turn()
}

/** Resolves once this is so; what it waits for must be on its way. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn()
}

/** A middleware that goes on when the whole request has arrived, and has been read by nobody. */
export const letArrive: RequestHandler = async (req, _res, next) => {
  await arrived(req)
  next()
}

/** All of a stream as text, whether it comes decoded or not. */
export async function textOf(source: Readable): Promise<string> {
  let text = ''
  const chunks: Buffer[] = []
  for await (const chunk of source) {
    if (typeof chunk === 'string') text += chunk
    else chunks.push(chunk as Buffer)
  }
  return text + Buffer.concat(chunks).toString()
}

/** What a handler can tell of a request without reading it. */
export function stateOf(req: IncomingMessage): Record<string, unknown> {
  const { complete, destroyed, readable, readableAborted, readableDidRead, readableEnded } = req
  const { readableEncoding, readableFlowing, readableHighWaterMark, readableObjectMode } = req
  const listeners = ['data', 'readable', 'error', 'aborted', 'pause', 'resume'].map(
    (name) => `${name} ${req.listenerCount(name)}`,
  )
  const { errored, url, method, aborted, httpVersion } = req
  const flags = { complete, destroyed, readable, readableAborted, readableDidRead, readableEnded }
  const more = { readableEncoding, readableFlowing, readableHighWaterMark, readableObjectMode }
  const paused = req.isPaused()
  return { ...flags, ...more, listeners, errored, url, method, aborted, httpVersion, paused }
}

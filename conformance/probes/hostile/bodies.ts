import type { Client } from '../../src/client.ts'
import type { Answer, Asked } from '../../src/conversation.ts'
import type { Probe } from '../../src/probe.ts'
import type { Sent } from '../bodies.ts'
import type { ExpressReader } from './readers-express.ts'
import type { HonoReader } from './readers-hono.ts'

/** What is sent, and the apps that it is sent to. */
export interface Corpus {
  /** Begins the names of the probes: what is sent, in words. */
  readonly what: string
  readonly bodies: readonly Sent[]
  readonly express: readonly ExpressReader[]
  readonly hono: readonly HonoReader[]
}

/** A probe for each reader: each body is sent on its own, and answered for by its name. */
export function playedInto({ what, bodies, express, hono }: Corpus): Probe[] {
  const shared = (reader: ExpressReader | HonoReader) => ({
    name: `${what} into ${reader.name}`,
    play: (client: Client) => sendAll(client, bodies),
    ...(!reader.ignores && {
      kept: bodies.flatMap(({ kept }) => (kept === undefined ? [] : [kept])),
    }),
  })
  return [
    ...express.map((reader) => ({
      ...shared(reader),
      express: reader.mount.bind(reader),
    })),
    ...hono.map((reader) => ({ ...shared(reader), hono: reader.mount.bind(reader) })),
  ]
}

async function sendAll(client: Client, bodies: readonly Sent[]): Promise<Record<string, Answer>> {
  const answers: Record<string, Answer> = {}
  for (const sent of bodies) answers[sent.name] = await client.exchange(asked(sent))
  return answers
}

/** The request that carries a body. */
export function asked({ name, type, body, headers, method }: Sent): Asked {
  return {
    path: '/submit',
    ...(method !== undefined && { method }),
    headers: {
      'X-Item': name,
      ...(type !== undefined && { 'Content-Type': type }),
      // Node's client says the length of its own accord only where a body is usual.
      ...(method !== undefined && { 'Content-Length': String(body.length) }),
      ...headers,
    },
    body,
  }
}

import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { Asked } from '../../src/conversation.ts'
import type { Probe, Stage } from '../../src/probe.ts'

/** What all the questions ask. */
export const PROMPT = 'where does the heron sleep'
/** A question as most APIs are asked. */
export const QUESTION: Asked = {
  path: '/',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ prompt: PROMPT }),
}
/** What all the answers say. */
export const REPLY = 'on one leg among the reeds'

/** A form with a field that is there twice, a file of text and one of bytes. */
export const FORM: Asked = {
  path: '/',
  headers: { 'Content-Type': 'multipart/form-data; boundary=edge' },
  body: Buffer.concat([
    Buffer.from(
      '--edge\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nwhere does the heron sleep\r\n' +
        '--edge\r\nContent-Disposition: form-data; name="tag"\r\n\r\nblue\r\n' +
        '--edge\r\nContent-Disposition: form-data; name="tag"\r\n\r\ngrey\r\n' +
        '--edge\r\nContent-Disposition: form-data; name="notes"; filename="notes.txt"\r\n' +
        'Content-Type: text/plain\r\n\r\nseen at dusk\r\n' +
        '--edge\r\nContent-Disposition: form-data; name="picture"; filename="h.bin"\r\n' +
        'Content-Type: application/octet-stream\r\n\r\n',
    ),
    Buffer.from([0, 255, 13, 10, 128, 0, 45, 45]),
    Buffer.from('\r\n--edge--\r\n'),
  ]),
}

/** What a probe of one exchange may say beside its handler. */
interface Shape extends Pick<Probe, 'kept' | 'hosts'> {
  /** What is asked, where that is not the usual question. */
  readonly asked?: Partial<Asked>
}

/** A probe whose handler answers with what it has read of the request. */
export function reads(
  name: string,
  read: (c: Context, stage: Stage) => unknown,
  { asked, ...more }: Shape = {},
): Probe {
  return {
    name,
    hono(app, stage) {
      app.all('*', async (c) => c.json({ read: (await read(c, stage)) ?? null }))
    },
    play: (client) => client.exchange({ ...QUESTION, ...asked }),
    ...more,
  }
}

/** A probe whose handler answers in one way. */
export function answers(
  name: string,
  answer: (c: Context, stage: Stage) => Response | Promise<Response>,
  { asked, ...more }: Shape = {},
): Probe {
  return {
    name,
    hono(app, stage) {
      app.all('*', (c) => answer(c, stage))
    },
    play: (client) => client.exchange({ ...QUESTION, ...asked }),
    ...more,
  }
}

/** The request and the response of Node that node-server hands over. */
export function nodeOf(c: Context): HttpBindings {
  return c.env as HttpBindings
}

/** What an attempt came to: its value, or its failure in words. */
export async function attempt(work: () => unknown): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    return `failed: ${describe(error)}`
  }
}

/** A failure, or whatever else was thrown, in words. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { code?: unknown }
  return `${error.name}: ${error.message}${typeof code === 'string' ? ` (${code})` : ''}`
}

/** A stream of these pieces. */
export function streamOf(...pieces: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      const piece = pieces[at++]
      if (piece === undefined) controller.close()
      else controller.enqueue(typeof piece === 'string' ? Buffer.from(piece) : piece)
    },
  })
}

/** A client that asks, leaves when the handler has begun, and hears that the handler came to `last`. */
export function leavesWhenBegun(last: string): Probe['play'] {
  return async (client) => {
    const conversation = client.open(QUESTION)
    conversation.end(QUESTION.body)
    await client.saw('begun')
    conversation.leave()
    await client.saw(last)
  }
}

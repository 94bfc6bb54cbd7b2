import type { ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Probe, Stage } from '../../src/probe.ts'
import { nodeOf, QUESTION } from './shapes.ts'
/** A probe whose handler writes to the Node response itself. */
export function writes(
  name: string,
  write: (node: HttpBindings & { readonly outgoing: ServerResponse }, stage: Stage) => unknown,
  kept?: Probe['kept'],
): Probe {
  return {
    name,
    hono(app, stage) {
      app.post('/', async (c) => {
        await write(nodeOf(c) as never, stage)
        stage.saw('handled')
        return RESPONSE_ALREADY_SENT
      })
    },
    async play(client) {
      const conversation = client.open(QUESTION)
      conversation.end(QUESTION.body)
      const head = await conversation.head()
      client.signal('head')
      const rest = await conversation.rest()
      await client.saw('handled')
      return { head, rest }
    },
    ...(kept && { kept }),
  }
}

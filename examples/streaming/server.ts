// A chat that streams its answer. Each one is logged with the whole text, nothing to click:
// flagged/v1.chat.completions/logs.csv
import { flagging } from '@flagging/hono-adapter'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'

const app = new Hono()
const middleware = flagging({ mode: 'auto' })

app.use(middleware)

app.post('/v1/chat/completions', async (c) => {
  const { messages } = await c.req.json<{ messages: { content: string }[] }>()
  const answer = `You said: ${messages.at(-1)?.content}`
  return streamSSE(c, async (stream) => {
    for (const content of answer.split(/(?<= )/)) {
      await stream.writeSSE({ data: chunk({ content }, null) })
      await stream.sleep(50)
    }
    await stream.writeSSE({ data: chunk({}, 'stop') })
    await stream.writeSSE({ data: '[DONE]' })
  })
})

function chunk(delta: { content?: string }, finish: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return JSON.stringify({ object: 'chat.completion.chunk', model: 'echo', choices })
}

const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`The chat is at http://localhost:${port}`)
})

// Answers that have ended are stored a moment later: wait for them before the process ends.
process.once('SIGTERM', () => {
  server.close(() => void middleware.flagging.close().then(() => process.exit()))
})

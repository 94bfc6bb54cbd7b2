import type { SSEStreamingApi } from 'hono/streaming'

const PAUSE_MS = 40

/** Answers a question word by word, as OpenAI's API would: this one only knows what it was asked. */
export async function answer(question: string, stream: SSEStreamingApi): Promise<void> {
  const text = `You asked: ${question} A model would know. This demo only shows how its words are kept.`
  for (const content of text.split(/(?<= )/)) {
    await stream.writeSSE({ data: chunk({ content }, null) })
    await stream.sleep(PAUSE_MS)
  }
  await stream.writeSSE({ data: chunk({}, 'stop') })
  await stream.writeSSE({ data: '[DONE]' })
}

function chunk(delta: { readonly content?: string }, finish: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return JSON.stringify({ object: 'chat.completion.chunk', model: 'demo', choices })
}

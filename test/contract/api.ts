import { answerJSON, bytesOf, fieldsOf, type Handler, type HostReply } from './host.ts'
import { sepia } from './png.ts'

/** The guide's calculator: JSON, an HTML form or a query in, a JSON number out. */
export const calculator: Handler = async (request) => {
  const fields = { ...Object.fromEntries(request.query), ...(await fieldsOf(request)) }
  const [num1, num2] = [Number(fields['num1']), Number(fields['num2'])]
  switch (fields['operation']) {
    case 'add':
      return answerJSON(num1 + num2)
    case 'subtract':
      return answerJSON(num1 - num2)
    case 'multiply':
      return answerJSON(num1 * num2)
    default:
      return num2 === 0
        ? answerJSON({ error: 'Cannot divide by zero!' }, 422)
        : answerJSON(num1 / num2)
  }
}

/** An image in, as the upload `im` or as the whole body; an image out. */
export const sepiaTone: Handler = async (request) => {
  const isImage = request.header('content-type')?.startsWith('image/')
  const image = isImage
    ? await bytesOf(request)
    : Buffer.from(await ((await fieldsOf(request))['im'] as File).arrayBuffer())
  return { headers: [['content-type', 'image/png']], body: sepia(image) }
}

/** The guide's image classifier, whose answers are known in advance. */
export function classifier(...answers: readonly Record<string, number>[]): Handler {
  const left = [...answers]
  return async (request) => {
    await bytesOf(request)
    return answerJSON(left.shift())
  }
}

/** What the chat says. */
export const CHAT_ANSWER = 'Guten Tag, 日本! Wie geht es?'

/** The events of the chat, as OpenAI writes them. */
export function chatEvents(): Buffer {
  const deltas = [...CHAT_ANSWER].map((content) => ({
    choices: [{ index: 0, delta: { content } }],
  }))
  const events = [
    { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
    ...deltas,
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ].map((event) => `data: ${JSON.stringify(event)}\n\n`)
  return Buffer.from(`${events.join('')}data: [DONE]\n\n`)
}

/** Streams its answer as server-sent events, cut where no character and no event ends. */
export const chat: Handler = (request) => {
  const events = chatEvents()
  const pieces: Buffer[] = []
  for (let at = 0; at < events.length; at += 37) pieces.push(events.subarray(at, at + 37))
  return streaming('text/event-stream', pieces)(request)
}

/** Reads what comes in and streams its answer in these pieces. */
export function streaming(type: string, pieces: readonly (string | Uint8Array)[]): Handler {
  return reading({
    headers: [
      ['content-type', type],
      ['cache-control', 'no-cache'],
    ],
    body: async (out) => {
      for (const piece of pieces) await out.write(piece)
    },
  })
}

/** `PUT /items/:id` */
export const putItem: Handler = async (request) => {
  const { name } = await fieldsOf(request)
  return answerJSON({ stored: `${String(name)} as ${request.params['id']}` })
}

export const health: Handler = () => answerJSON({ ok: true })

/** Answers that it has failed. */
export const failing: Handler = async (request) => {
  await bytesOf(request)
  return answerJSON({ error: 'out of order' }, 500)
}

/** Throws instead of answering. */
export const throwing: Handler = async (request) => {
  await bytesOf(request)
  throw new Error('the handler broke')
}

/** Sends back what came in, as it came in. */
export const echo: Handler = async (request) => {
  const type = request.header('content-type') ?? 'application/octet-stream'
  return { headers: [['content-type', type]], body: await bytesOf(request) }
}

/** Reads what comes in and says `{ ok: true }`. */
export const sink: Handler = async (request) => {
  await bytesOf(request)
  return answerJSON({ ok: true })
}

/** Reads what comes in and always answers the same. */
export function reading(reply: HostReply): Handler {
  return async (request) => {
    await bytesOf(request)
    return reply
  }
}

/** Answers the same to everything, without reading anything. */
export function always(reply: HostReply): Handler {
  return () => reply
}

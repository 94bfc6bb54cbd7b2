import { png } from '../../../../test/contract/png.ts'

/** What the app of `examples/fleet` is asked. */
export type Kind = 'sum' | 'chat' | 'picture'

/** An answer that may be flagged. */
export interface Answered {
  readonly kind: Kind
  /** Under which it may be flagged; `null` where nothing is flagged. */
  readonly id: string | null
  /** The name of the instance that answered. */
  readonly instance: string
  /** What is stored of it if it is flagged, by label. */
  readonly values: Readonly<Record<string, number | string | Buffer>>
}

/**
 * Asks something that nobody else asks.
 * @param url of the app
 * @param n the number of the question
 * @param side of a picture, in pixels
 * @throws where the answer is not what the app answers to that
 */
export async function ask(url: string, kind: Kind, n: number, side: number): Promise<Answered> {
  switch (kind) {
    case 'sum':
      return askSum(url, n)
    case 'chat':
      return askChat(url, n)
    case 'picture':
      return askPicture(url, n, side)
  }
}

async function askSum(url: string, n: number): Promise<Answered> {
  const values = { num1: n, operation: 'add', num2: 0.5 }
  const response = await send(`${url}/calculate`, JSON.stringify(values))
  const { Output } = (await response.json()) as { Output: number }
  if (Output !== n + 0.5) throw new Error(`${n} and a half are not ${Output}`)
  return answered('sum', response, { ...values, Output })
}

async function askChat(url: string, n: number): Promise<Answered> {
  const question = `What is question ${n}?`
  const response = await send(`${url}/chat`, JSON.stringify({ question }))
  const events = await response.text()
  if (!events.endsWith('data: [DONE]\n\n')) throw new Error(`The chat broke off: ${events}`)
  const deltas = events.matchAll(/^data: (\{.*)$/gm)
  const Output = Array.from(deltas, ([, data]) => contentOf(data as string)).join('')
  if (!Output.includes(question)) throw new Error(`This answers something else: ${Output}`)
  return answered('chat', response, { question, Output })
}

async function askPicture(url: string, n: number, side: number): Promise<Answered> {
  const im = png(n, side)
  const form = new FormData()
  form.set('im', new Blob([Uint8Array.from(im)], { type: 'image/png' }), `${n}.png`)
  const response = await send(`${url}/sepia`, form)
  const Output = Buffer.from(await response.arrayBuffer())
  if (Output.readUInt32BE(16) !== side) throw new Error('This is another picture')
  return answered('picture', response, { im, Output })
}

async function send(url: string, body: string | FormData): Promise<Response> {
  const headers = typeof body === 'string' ? { 'Content-Type': 'application/json' } : {}
  const response = await fetch(url, { method: 'POST', headers, body })
  if (response.status !== 200) {
    const instance = response.headers.get('Instance') ?? 'no instance'
    throw new Error(`${response.status} of ${instance}: ${await response.text()}`)
  }
  return response
}

function contentOf(data: string): string {
  const { choices } = JSON.parse(data) as { choices: [{ delta: { content?: string } }] }
  return choices[0].delta.content ?? ''
}

function answered(kind: Kind, { headers }: Response, values: Answered['values']): Answered {
  return { kind, id: headers.get('Flagging-Id'), instance: headers.get('Instance') ?? '', values }
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { IncomingMessage } from 'node:http'

/** Counts what handlers produce; one per child process. */
export const sources = { produced: 0, opened: 0, over: 0 }

/** What a request to one of the streaming routes asks for. */
export interface StreamOrder {
  readonly chunk: Buffer
  readonly type: string
  /** Chunks, maybe without end. */
  readonly count: number
}

const TYPES: Readonly<Record<string, string>> = {
  bytes: 'application/octet-stream',
  events: 'text/event-stream',
  lines: 'application/x-ndjson',
}

/** Reads `kind`, `size` and `count` of a query. */
export function orderOf(query: URLSearchParams): StreamOrder {
  const kind = query.get('kind') ?? 'bytes'
  const size = Number(query.get('size'))
  const filler = (frame: number) => 'x'.repeat(Math.max(0, size - frame))
  const texts: Record<string, string> = {
    bytes: filler(0),
    events: `data: ${filler(8)}\n\n`,
    lines: `"${filler(3)}"\n`,
  }
  return {
    chunk: Buffer.from(texts[kind] ?? ''),
    type: TYPES[kind] ?? '',
    count: Number(query.get('count') ?? Number.POSITIVE_INFINITY),
  }
}

/** One stream of an answer: gives its chunks, and notes when it is over. */
export class Source {
  readonly order: StreamOrder
  #given = 0
  #isOver = false

  constructor(order: StreamOrder) {
    this.order = order
    sources.opened++
  }

  /** The next chunk; `undefined` at the end. */
  next(): Buffer | undefined {
    if (this.#given === this.order.count) return undefined
    this.#given++
    sources.produced += this.order.chunk.length
    return this.order.chunk
  }

  /** Every so often a producer lets others have their turn. */
  async breathe(): Promise<void> {
    if (this.#given % 64 === 0) await nextTurn()
  }

  over(): void {
    if (this.#isOver) return
    this.#isOver = true
    sources.over++
  }
}

/** Bytes of a request body, read to the end or until `most` have come. */
export async function sizeOf(
  chunks: AsyncIterable<Uint8Array>,
  most: number = Number.POSITIVE_INFINITY,
): Promise<number> {
  let size = 0
  const iterator = chunks[Symbol.asyncIterator]()
  while (size < most) {
    const { done, value } = await iterator.next()
    if (done === true) break
    size += (value as Uint8Array).length
  }
  return size
}

/** Listeners on what a handler is given. */
export const handlerListeners: Record<string, number> = {}

/** Notes how many listeners a request, its answer and its socket have inside a handler. */
export function noteListeners(req: IncomingMessage, res: object): void {
  const objects = { req, res: res as IncomingMessage, socket: req.socket }
  for (const [name, object] of Object.entries(objects)) {
    for (const event of object.eventNames()) {
      handlerListeners[`${name} ${String(event)}`] = object.listenerCount(event)
    }
  }
}

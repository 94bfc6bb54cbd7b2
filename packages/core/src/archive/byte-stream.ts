/** Characters that are encoded at once. */
const PIECE = 64 * 1024

/**
 * A stream of what a generator makes, which goes on only when more is asked for; a cancel ends it, and
 * so closes what it holds open. The chunks must be the reader's own.
 */
export function byteStream(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  let isCancelled = false
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller): Promise<void> {
        const { done, value } = await chunks.next()
        // Who has left while it was made wants none of it.
        if (isCancelled) return
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel(): Promise<void> {
        isCancelled = true
        await chunks.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}

/** Lines as UTF-8, gathered to pieces that are worth a write. */
export async function* encodeLines(
  lines: AsyncIterable<string>,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  let text = ''
  for await (const line of lines) {
    text += line
    if (text.length < PIECE) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text !== '') yield Buffer.from(text)
  return undefined
}

/**
 * A body whose failures are reported here, once. Whoever sends it learns no more than that it ended too
 * early, in the words that servers have for this: the disk's own name paths, and some servers send to
 * the client what they are told.
 */
export function watchedBody(
  body: ReadableStream<Uint8Array>,
  report: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let isCancelled = false
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller): Promise<void> {
        const next = await reader.read().catch((error: unknown) => {
          report(error)
          return undefined
        })
        // A client that leaves while a chunk is read wants none of it.
        if (isCancelled) return
        if (next === undefined) controller.error(endedEarly())
        else if (next.done) controller.close()
        else controller.enqueue(next.value)
      },
      cancel(reason): Promise<void> {
        isCancelled = true
        return reader.cancel(reason).catch(report)
      },
    },
    { highWaterMark: 0 },
  )
}

function endedEarly(): Error {
  return Object.assign(new Error('The body has ended too early'), {
    code: 'ERR_STREAM_PREMATURE_CLOSE',
  })
}

/** A kind of task of which only the latest counts. */
export interface Latest {
  /** Aborts the one before, and gives the signal of the new one. */
  start(): AbortSignal
  /** Aborts the latest. */
  stop(): void
}

/** Makes a {@link Latest}. */
export function createLatest(): Latest {
  let controller = new AbortController()
  return {
    start: () => {
      controller.abort()
      controller = new AbortController()
      return controller.signal
    },
    stop: () => controller.abort(),
  }
}

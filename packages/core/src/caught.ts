/** Whether something is a promise, made by whatever library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}

/**
 * Sees to the rejection of what one of the host's functions gave, should it be asynchronous: a
 * rejection that nobody handles ends the process.
 */
export function caught(result: unknown, report: (error: unknown) => void): void {
  if (isThenable(result)) result.then(undefined, report)
}

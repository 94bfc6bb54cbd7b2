/** SQLSTATE of a statement that was stopped, as it is after its `timeoutMs`. */
const CANCELED = '57014'

/** Whether the server has stopped a statement that took longer than it may. */
export function isTooLong(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly code?: unknown } }
  return cause?.code === CANCELED
}

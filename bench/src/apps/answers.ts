/** The answer to `{ num1, operation, num2 }`. */
export function calculate(body: unknown): { Output: number } {
  const { num1, operation, num2 } = body as { num1: number; operation: string; num2: number }
  return { Output: operation === 'add' ? num1 + num2 : num1 - num2 }
}

/** A picture of 1 MiB, as far as its first bytes are looked at. */
export const PNG: Uint8Array<ArrayBuffer> = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  Buffer.alloc(1024 * 1024 - 8, 'x'),
])

/** What a stream of events is asked for. */
export interface StreamRequest {
  readonly chunks: number
  /** Milliseconds between two. */
  readonly pause: number
}

/** The data of one event. */
export function eventData(nth: number): string {
  return `{"token":"word ${nth} "}`
}

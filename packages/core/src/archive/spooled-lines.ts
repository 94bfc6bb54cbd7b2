import type { Spool } from './spool.ts'

/** The lines of a spool, each of which ends in a line feed. */
export async function* spooledLines(spool: Spool): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of spool.source.chunks()) {
    const [first = '', ...more] = decoder.decode(chunk, { stream: true }).split('\n')
    rest += first
    for (const line of more) {
      yield rest
      rest = line
    }
  }
}

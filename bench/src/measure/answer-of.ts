import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Longer than any round takes: whoever needs more waits for something that does not come. */
const PATIENCE_MS = 600_000

/** The next message of a child process; rejects where it ends instead. */
export async function answerOf(child: ChildProcess, who: string): Promise<unknown> {
  const waiting = new AbortController()
  const { signal } = waiting
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  try {
    const answered = once(child, 'message', { signal }) as Promise<[unknown]>
    const ended = once(child, 'exit', { signal }).then((): never => {
      throw new Error(`The process of "${who}" has ended before it answered`)
    })
    return (await Promise.race([answered, ended]))[0]
  } finally {
    clearTimeout(timer)
    waiting.abort()
  }
}

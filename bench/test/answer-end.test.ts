import { describe, expect, it } from 'vitest'
import { AnswerEnd } from '../src/load/answer-end.ts'

const WHOLE = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

/** Which of the pieces ended an answer. */
function endsOf(...pieces: string[]): boolean[] {
  const end = new AnswerEnd()
  return pieces.map((piece) => end.isAtEnd(Buffer.from(piece)))
}

describe('the end of an answer', () => {
  it('is where its length says, of the first as of all that follow', () => {
    expect(endsOf(WHOLE, WHOLE, WHOLE)).toEqual([true, true, true])
  })

  it('is found however the answer is cut', () => {
    const bytes = [...WHOLE, ...WHOLE]
    const ends = endsOf(...bytes).flatMap((isEnd, at) => (isEnd ? [at + 1] : []))
    expect(ends).toEqual([WHOLE.length, 2 * WHOLE.length])
  })

  it('is the last chunk where no length is said', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(endsOf(head, '5\r\nhello\r\n', '0\r\n', '\r\n')).toEqual([false, false, false, true])
    expect(endsOf(`${head}0\r\n\r\n`, `${head}0\r\n\r\n`)).toEqual([true, true])
  })

  it('is not taken from an error, nor guessed where an answer is longer than the first', () => {
    expect(() => endsOf('HTTP/1.1 503 Service Unavailable\r\n\r\n')).toThrow('503')
    expect(() => endsOf(WHOLE, `${WHOLE}!`)).toThrow('longer')
  })
})

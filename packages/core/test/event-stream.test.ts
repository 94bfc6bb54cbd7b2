import { describe, expect, it } from 'vitest'
import type { DecodeJob } from '../src/capture/decoded.ts'
import { decoded, plain, startCPUWatch } from './decode-job.ts'

function read(text: string, type = 'text/event-stream', more: Partial<DecodeJob> = {}): unknown {
  const body = decoded(text, type, more)
  expect(body).toMatchObject({ kind: 'value', form: false })
  return plain(body.datum)
}

const sse = (...events: unknown[]) =>
  events
    .map((data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
    .join('')

const chat = (delta: object, choice: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: null, ...choice }],
})

describe('events that spell a text', () => {
  it('of OpenAI chat completions', () => {
    const stream = sse(
      { id: '', object: '', choices: [], prompt_filter_results: [{}] },
      chat({ role: 'assistant', content: '', refusal: null }),
      chat({ content: 'Hel' }),
      chat({ content: 'lo 😀\n' }, { logprobs: null }),
      chat({ content: null, tool_calls: [] }),
      chat({}, { finish_reason: 'stop' }),
      { object: 'chat.completion.chunk', choices: [], usage: { total_tokens: 3 } },
      '[DONE]',
    )
    expect(read(stream)).toBe('Hello 😀\n')
  })

  it('of OpenAI completions', () => {
    const chunk = (text: string, rest = {}) => ({
      object: 'text_completion',
      choices: [{ index: 0, text, ...rest }],
    })
    const stream = sse(chunk('Hel'), chunk('lo'), chunk('', { finish_reason: 'stop' }), '[DONE]')
    expect(read(stream)).toBe('Hello')
  })

  it('of OpenAI responses', () => {
    const place = { output_index: 1, content_index: 0 }
    const stream = sse(
      { type: 'response.created', response: {} },
      { type: 'response.in_progress', response: {} },
      { type: 'response.output_item.added', item: { type: 'reasoning', summary: [] } },
      { type: 'response.output_item.done', item: { type: 'reasoning', summary: [] } },
      { type: 'response.output_item.added', item: { type: 'message', content: [] }, ...place },
      { type: 'response.content_part.added', part: { type: 'output_text', text: '' }, ...place },
      { type: 'response.output_text.delta', delta: 'Hel', ...place },
      { type: 'response.output_text.delta', delta: 'lo', ...place },
      { type: 'response.output_text.done', text: 'Hello', ...place },
      {
        type: 'response.content_part.done',
        part: { type: 'output_text', text: 'Hello' },
        ...place,
      },
      { type: 'response.output_item.done', item: { type: 'message' }, ...place },
      { type: 'response.completed', response: {} },
    )
    expect(read(stream)).toBe('Hello')
  })

  it('of Anthropic messages', () => {
    const event = (data: { type: string }) => `event: ${data.type}\n${sse(data)}`
    const stream = [
      { type: 'message_start', message: { role: 'assistant', content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'ping' },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ].map(event)
    expect(read(stream.join(''))).toBe('Hello')
  })

  it('of AI SDK UI messages', () => {
    const stream = sse(
      { type: 'start', messageId: 'm' },
      { type: 'start-step' },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'Hel' },
      { type: 'text-delta', id: '1', delta: 'lo' },
      { type: 'text-end', id: '1' },
      { type: 'finish-step' },
      { type: 'finish' },
      '[DONE]',
    )
    expect(read(stream)).toBe('Hello')
  })

  it('of an AI SDK data stream', () => {
    const stream = 'f:{"messageId":"m"}\n0:"Hel"\n0:"lo\\n"\n2:[{"a":1}]\ne:{}\nd:{"usage":{}}\n'
    expect(read(stream, 'text/plain; charset=utf-8')).toBe('Hello\n')
    for (const line of [
      '9:{"toolCallId":"x"}\n',
      'plain\n',
      '0:broken\n',
      '0:1\n',
      '\n',
      'd:{\n',
    ]) {
      expect(read(`0:"a"\n${line}`, 'text/plain')).toBe(`0:"a"\n${line}`)
    }
    const cut = read(stream.slice(0, 31), 'text/plain', { truncated: true })
    expect(cut).toBe('Hel')
  })
})

describe('events that are more than a text', () => {
  const choice = (index: number) => ({ index, delta: { content: `${index}` } })
  it.each([
    ['two choices', [{ choices: [choice(0), choice(1)] }]],
    ['a second choice', [{ choices: [choice(0)] }, { choices: [choice(1)] }]],
    ['tool calls', [chat({ content: 'a' }), chat({ tool_calls: [{ index: 0 }] })]],
    ['a function call', [chat({ content: 'a' }), chat({ function_call: { name: 'f' } })]],
    ['a refusal', [chat({ content: 'a' }), chat({ refusal: 'no' })]],
    ['an error', [chat({ content: 'a' }), { error: { message: 'overloaded' } }]],
    ['no delta at all', [chat({ role: 'assistant' }), { choices: [] }]],
    [
      'a tool use',
      [
        { type: 'content_block_delta', delta: { type: 'text_delta', text: 'a' } },
        { type: 'content_block_start', content_block: { type: 'tool_use' } },
        { type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '{' } },
      ],
    ],
    [
      'two outputs',
      [0, 1].map((index) => ({
        type: 'response.output_text.delta',
        delta: 'a',
        output_index: index,
      })),
    ],
    [
      'tool parts',
      [
        { type: 'text-delta', delta: 'a' },
        { type: 'tool-input-start', toolName: 't' },
      ],
    ],
    [
      'reasoning parts',
      [
        { type: 'reasoning-delta', delta: 'a' },
        { type: 'text-delta', delta: 'a' },
      ],
    ],
    ['the words of two APIs', [chat({ content: 'a' }), { type: 'text-delta', delta: 'a' }]],
  ])('are a list: %s', (_, events) => {
    expect(read(sse(...events))).toEqual(events)
  })

  it('are a list of values and strings', () => {
    expect(read(sse('1', '"a"', 'plain', { a: [1] }, '[DONE]', 'null'))).toEqual([
      1,
      'a',
      'plain',
      { a: [1] },
      '[DONE]',
      null,
    ])
    expect(read(sse('a').repeat(4))).toEqual(['a', 'a', 'a', 'a'])
  })

  it('keep what JavaScript cannot hold', () => {
    const datum = read(sse('{"n": 12345678901234567890}', '[1e400]', 'x', '{"b":1,"1":2}'))
    expect(datum).toEqual({ json: '[{"n":12345678901234567890},[1e400],"x",{"b":1,"1":2}]' })
  })

  it('keep __proto__ as a key', () => {
    const [event] = read(sse('{"__proto__":{"polluted":1}}')) as [object]
    expect(Object.keys(event)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('the form of an event stream', () => {
  it.each(['\n', '\r', '\r\n'])('has lines that end in %j', (end) => {
    const stream = ['\ufeffdata: a', 'data:b', 'id: 1', '', ': comment', '', 'data', '', ''].join(
      end,
    )
    expect(read(stream)).toEqual(['a\nb', ''])
  })

  it('has one blank behind the colon, and fields that are nothing to us', () => {
    expect(read('data:  a\nevent: x\nretry: 1\nDATA: b\n data: c\ndata : d\n\n')).toEqual([' a'])
    expect(read(': only a comment\n\n')).toEqual([])
    expect(read('data: {"a":\ndata: 1}\n\n')).toEqual([{ a: 1 }])
  })

  it('may lack the last empty line', () => {
    expect(read('data: a\n\ndata: b')).toEqual(['a', 'b'])
  })

  it('may end in the middle of an event', () => {
    const stream = sse(chat({ content: 'Hel' }), chat({ content: 'lo' }))
    for (const truncated of [false, true]) {
      const body = decoded(stream.slice(0, -20), 'text/event-stream', { truncated })
      expect(plain(body.datum)).toBe('Hel')
      expect(body.truncated).toBe(true)
    }
    expect(read('data: a\n\ndata: b', undefined, { truncated: true })).toEqual(['a'])
    const nothing = decoded('data: {"token":"can', 'text/event-stream', { truncated: true })
    expect(nothing.error).toBe('The body is cut off.')
    expect(JSON.stringify(nothing)).not.toContain('can"')
  })

  it('may be cut within a character', () => {
    const bytes = Buffer.from('data: a\n\ndata: é').subarray(0, -1)
    const body = decoded(bytes, 'text/event-stream', { truncated: true })
    expect(plain(body.datum)).toEqual(['a'])
  })

  it('of 100,000 events is read in good time', () => {
    const cpuTime = startCPUWatch()
    expect(read(sse(chat({ content: 'ab' })).repeat(100_000))).toHaveLength(200_000)
    expect(cpuTime()).toBeLessThan(5000)
  })
})

describe('redaction', () => {
  it('covers the data of each event, also broken data', () => {
    const stream = sse({ password: 'canary' }, '{"a":{"api_key":"canary"}', 'token: canary', {
      a: 1,
    })
    expect(read(stream)).toEqual([
      { password: '[redacted]' },
      '{"a":{"api_key":"[redacted]"}',
      'token: "[redacted]"',
      { a: 1 },
    ])
  })

  it('covers the lines of NDJSON', () => {
    const lines = '{"password":"canary"}\n{"token":"canary\n'
    expect(read(lines, 'application/x-ndjson')).toEqual([
      { password: '[redacted]' },
      '{"token":"[redacted]"',
    ])
  })
})

describe('newline-delimited JSON', () => {
  it.each([
    'application/x-ndjson',
    'application/ndjson; charset=utf-8',
    'application/jsonl',
    'application/json-seq',
  ])('of type %s is a list', (type) => {
    expect(read('{"a": 1}\r\n\n[2]\n"x"\nbroken\n4', type)).toEqual([
      { a: 1 },
      [2],
      'x',
      'broken',
      4,
    ])
  })

  it('may have record separators', () => {
    expect(read('\u001e{"a":1}\n\u001e2\n', 'application/json-seq')).toEqual([{ a: 1 }, 2])
  })

  it('keeps what JavaScript cannot hold', () => {
    expect(read('1.0\n12345678901234567890\n', 'application/jsonl')).toEqual({
      json: '[1.0,12345678901234567890]',
    })
  })

  it('that was cut off leaves out its last line', () => {
    expect(read('1\n2\n34', 'application/jsonl', { truncated: true })).toEqual([1, 2])
    expect(read('1\n2\n34', 'application/jsonl')).toEqual([1, 2, 34])
  })
})

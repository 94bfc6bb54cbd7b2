import { describe, expect, it } from 'vitest'
import { decoded, plain } from './decode-job.ts'

interface Event {
  readonly type?: string
  readonly [name: string]: unknown
}

/** A stream as an API sends it, and the text that it spells; without one it stays a list. */
interface Transcript {
  readonly events: readonly (Event | '[DONE]')[]
  readonly text?: string
  /** Whether each event has its type as its name, too. */
  readonly named?: boolean
}

const chunk = (delta: object, more: object = {}): Event => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'm-1',
  service_tier: 'default',
  system_fingerprint: null,
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
  usage: null,
  obfuscation: 'x9',
  ...more,
})
const finish = (reason: string): Event => ({
  ...chunk({}),
  choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: reason }],
})
const usage: Event = chunk({}, { choices: [], usage: { prompt_tokens: 9, completion_tokens: 2 } })
const role = { role: 'assistant', content: '', refusal: null }
const toolCall = (index: number, more: object) => ({ tool_calls: [{ index, ...more }] })

const item = { id: 'msg_1', type: 'message', status: 'in_progress', role: 'assistant' }
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const outputText = { type: 'output_text', annotations: [], logprobs: [], text: '' }
const responses = (...middle: readonly Event[]): readonly Event[] =>
  [
    { type: 'response.created', response: { id: 'resp_1', status: 'in_progress', output: [] } },
    { type: 'response.in_progress', response: { id: 'resp_1', status: 'in_progress' } },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } },
    { type: 'response.content_part.added', ...at, part: outputText },
    { type: 'response.output_text.delta', ...at, delta: 'Grüße', logprobs: [], obfuscation: 'a1' },
    ...middle,
    { type: 'response.output_text.done', ...at, text: 'Grüße, 日本' },
    { type: 'response.content_part.done', ...at, part: { ...outputText, text: 'Grüße, 日本' } },
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: { ...item, content: [outputText] },
    },
    { type: 'response.completed', response: { id: 'resp_1', status: 'completed' } },
  ].map((event, n) => ({ ...event, sequence_number: n }))
const more: Event = { type: 'response.output_text.delta', ...at, delta: ', 日本' }

const block = (index: number, content_block: object): Event => ({
  type: 'content_block_start',
  index,
  content_block,
})
const blockDelta = (index: number, delta: object): Event => ({
  type: 'content_block_delta',
  index,
  delta,
})
const message = (...middle: readonly Event[]): readonly Event[] => [
  {
    type: 'message_start',
    message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], stop_reason: null },
  },
  { type: 'ping' },
  ...middle,
  {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 15 },
  },
  { type: 'message_stop' },
]
const said = (index: number, ...texts: readonly string[]): readonly Event[] => [
  block(index, { type: 'text', text: '' }),
  ...texts.map((text) => blockDelta(index, { type: 'text_delta', text })),
  { type: 'content_block_stop', index },
]

const uiMessage = (...middle: readonly Event[]): Transcript['events'] => [
  { type: 'start', messageId: 'm1', messageMetadata: { model: 'm-1' } },
  { type: 'start-step' },
  { type: 'text-start', id: 't1' },
  { type: 'text-delta', id: 't1', delta: 'Grüße' },
  ...middle,
  { type: 'text-delta', id: 't1', delta: ', 日本' },
  { type: 'text-end', id: 't1', providerMetadata: {} },
  { type: 'finish-step' },
  { type: 'finish', finishReason: 'stop' },
  '[DONE]',
]

const TEXT = 'Grüße, 日本'

const TRANSCRIPTS: Readonly<Record<string, Transcript>> = {
  'chat completions': {
    text: TEXT,
    events: [
      chunk(role),
      chunk({ content: 'Grüße' }),
      chunk({ content: ', 日本' }),
      finish('stop'),
      usage,
      '[DONE]',
    ],
  },
  'chat completions that call tools': {
    events: [
      chunk({ ...role, content: null }),
      chunk(
        toolCall(0, { id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }),
      ),
      chunk(toolCall(0, { function: { arguments: '{"city":' } })),
      chunk(toolCall(1, { id: 'call_2', type: 'function', function: { name: 'g' } })),
      finish('tool_calls'),
      '[DONE]',
    ],
  },
  'chat completions with two choices': {
    events: [
      chunk({}, { choices: [{ index: 0, delta: { content: 'a' } }] }),
      chunk({}, { choices: [{ index: 1, delta: { content: 'b' } }] }),
      '[DONE]',
    ],
  },
  'chat completions that reason': {
    events: [chunk({ role: 'assistant', reasoning_content: 'hm' }), chunk({ content: 'a' })],
  },
  'chat completions that fail': {
    events: [chunk({ content: 'a' }), { error: { message: 'overloaded', type: 'server_error' } }],
  },
  completions: {
    text: TEXT,
    events: [
      ...['Grüße', ', 日本', ''].map((text, n) => ({
        id: 'cmpl-1',
        object: 'text_completion',
        choices: [{ text, index: 0, logprobs: null, finish_reason: n === 2 ? 'length' : null }],
      })),
      '[DONE]',
    ],
  },
  responses: { text: TEXT, named: true, events: responses(more) },
  'responses that refuse': {
    named: true,
    events: responses({ type: 'response.refusal.delta', ...at, delta: 'I cannot' }),
  },
  'responses that call functions': {
    named: true,
    events: responses({
      type: 'response.function_call_arguments.delta',
      item_id: 'fc_1',
      output_index: 1,
      delta: '{"city":',
    }),
  },
  'responses that show their reasoning': {
    named: true,
    events: responses({
      type: 'response.reasoning_summary_text.delta',
      item_id: 'rs_1',
      output_index: 0,
      summary_index: 0,
      delta: 'First',
    }),
  },
  'responses that fail': {
    named: true,
    events: responses({ type: 'error', code: 'server_error', message: 'no', param: null }),
  },
  messages: { text: TEXT, named: true, events: message(...said(0, 'Grüße', ', ', '日本')) },
  'messages of two texts': {
    text: 'Grüße, 日本',
    named: true,
    events: message(...said(0, 'Grüße'), ...said(1, ', 日本')),
  },
  'messages that use tools': {
    named: true,
    events: message(
      ...said(0, 'Let me see'),
      block(1, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }),
      blockDelta(1, { type: 'input_json_delta', partial_json: '' }),
      blockDelta(1, { type: 'input_json_delta', partial_json: '{"location":"S' }),
      { type: 'content_block_stop', index: 1 },
    ),
  },
  'messages that think': {
    named: true,
    events: message(
      block(0, { type: 'thinking', thinking: '', signature: '' }),
      blockDelta(0, { type: 'thinking_delta', thinking: 'hm' }),
      blockDelta(0, { type: 'signature_delta', signature: 'c2ln' }),
      { type: 'content_block_stop', index: 0 },
      ...said(1, 'a'),
    ),
  },
  'messages that fail': {
    named: true,
    events: [
      ...message(...said(0, 'a')).slice(0, -2),
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    ],
  },
  'UI messages': {
    text: TEXT,
    events: uiMessage({ type: 'message-metadata', messageMetadata: { tokens: 3 } }),
  },
  'UI messages that call tools': {
    events: uiMessage(
      { type: 'tool-input-start', toolCallId: 'c1', toolName: 'weather' },
      { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '{"city"' },
      { type: 'tool-output-available', toolCallId: 'c1', output: { weather: 'sunny' } },
    ),
  },
  'UI messages with data of the app': {
    events: uiMessage({ type: 'data-weather', id: 'd1', data: { city: 'Oslo' } }),
  },
  'UI messages with sources': {
    events: uiMessage({ type: 'source-url', sourceId: 's1', url: 'https://example.com' }),
  },
  'UI messages that fail': { events: uiMessage({ type: 'error', errorText: 'no' }) },
  'UI messages that are aborted': { events: uiMessage({ type: 'abort' }) },
  'events that nobody knows': {
    events: [
      { type: 'tick', n: 1 },
      { type: 'tick', n: 2 },
    ],
  },
}

const whole = Object.entries(TRANSCRIPTS)
const spelling = whole.filter(([, { text }]) => text !== undefined)

function written({ events, named = false }: Transcript, end = '\n'): string {
  return events
    .map((event) => {
      const name = named && event !== '[DONE]' ? `event: ${event.type ?? ''}${end}` : ''
      const data = typeof event === 'string' ? event : JSON.stringify(event)
      return `${name}data: ${data}${end}${end}`
    })
    .join('')
}

function read(stream: string | Uint8Array, more_: Parameters<typeof decoded>[2] = {}) {
  const body = decoded(stream, 'text/event-stream; charset=utf-8', more_)
  return { value: plain(body.datum), truncated: body.truncated, error: body.error }
}

describe('a transcript of', () => {
  it.each(whole)('%s', (_, transcript) => {
    const { text, events } = transcript
    const expected = { value: text ?? events, truncated: false, error: undefined }
    expect(read(written(transcript))).toEqual(expected)
    for (const end of ['\r\n', '\r']) expect(read(written(transcript, end))).toEqual(expected)
    const commented = written(transcript).replaceAll(
      '\n\n',
      '\n\n: keep-alive\n\nid: 7\nretry: 5\n\n',
    )
    expect(read(`\ufeff: hello\n\n${commented}`)).toEqual(expected)
    const spread = written(transcript).replaceAll('{"', '{\ndata:"')
    expect(read(spread)).toEqual(expected)
  })

  it.each(spelling)('%s, broken off at every byte', (_, transcript) => {
    const { text = '' } = transcript
    const raw = written(transcript)
    const stream = Buffer.from(raw)
    const seen = new Set<unknown>()
    for (let length = 1; length < stream.length; length++) {
      for (const cut of [{ truncated: true }, { unfinished: true }]) {
        const { value, truncated } = read(stream.subarray(0, length), cut)
        if (typeof value !== 'string') continue
        // What is there before the first event is whole stands for itself.
        if (raw.startsWith(value)) continue
        expect([length, text.startsWith(value)]).toEqual([length, true])
        expect(truncated || 'unfinished' in cut).toBe(true)
        seen.add(value)
      }
    }
    expect(seen).toContain(text)
    expect(seen).toContain('Grüße')
  })
})

describe('an AI SDK data stream, version 1,', () => {
  const start = 'f:{"messageId":"m1"}\n0:"Grüße"\n'
  const end =
    '0:", 日本"\ne:{"finishReason":"stop","isContinued":false}\nd:{"finishReason":"stop"}\n'
  const readText = (text: string) => plain(decoded(text, 'text/plain; charset=utf-8').datum)

  it('is the text that it spells', () => {
    expect(readText(start + end)).toBe(TEXT)
    expect(readText(`${start}8:[{"note":1}]\n${end}`)).toBe(TEXT)
  })

  it.each([
    'g:"hm"',
    'i:{"data":"x"}',
    'j:{"signature":"x"}',
    'h:{"sourceType":"url","url":"https://example.com"}',
    'k:{"data":"aGk=","mimeType":"image/png"}',
    '3:"no"',
    '9:{"toolCallId":"c1","toolName":"f","args":{}}',
    'a:{"toolCallId":"c1","result":1}',
    'b:{"toolCallId":"c1","toolName":"f"}',
    'c:{"toolCallId":"c1","argsTextDelta":"{"}',
  ])('stays as it is with a part of more than text: %s', (part) => {
    expect(readText(`${start}${part}\n${end}`)).toBe(`${start}${part}\n${end}`)
  })

  it('hides what its parts say in secret', () => {
    const parts = '9:{"args":{"apiKey":"canary"}}\n2:[{"token":"canary"},{"a":1}]\n'
    expect(readText(start + parts + end)).toBe(
      start + parts.replaceAll('"canary"', '"[redacted]"') + end,
    )
  })
})

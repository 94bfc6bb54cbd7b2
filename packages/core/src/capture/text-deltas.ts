import { TextJoiner } from './text.ts'

/** An event's data: a JSON object that somebody's API sent. */
type Data = Readonly<Record<string, unknown>>

/** The text that an event adds, '' for a known event without text, `undefined` for any other. */
type Reading = string | undefined

/** Reads the events of one stream in one API's words. */
type Reader = (data: Data) => Reading

/**
 * Follows the events of a stream as long as all of them are text deltas, and their companions, of one
 * API that is known: OpenAI's chat completions, completions and responses, Anthropic's messages, or
 * the AI SDK's UI messages.
 */
export class TextDeltas {
  #candidates = READERS.map((make) => ({ read: make(), text: new TextJoiner(), spells: false }))

  /** Whether the events so far may still spell a text. */
  get possible(): boolean {
    return this.#candidates.length > 0
  }

  /** Takes the data of the next event, parsed where it is JSON. */
  add(data: unknown): void {
    if (data === '[DONE]') return
    this.#candidates = this.#candidates.filter((candidate) => {
      const text = isData(data) ? candidate.read(data) : undefined
      if (text === undefined) return false
      candidate.spells ||= text !== ''
      candidate.text.add(text)
      return true
    })
  }

  /** The text that was spelled; `undefined` if the events do not spell one. */
  text(): string | undefined {
    return this.#candidates.find((candidate) => candidate.spells)?.text.text()
  }
}

const READERS: readonly (() => Reader)[] = [
  () => readChatChunk,
  () => readCompletion,
  responseReader,
  () => readMessage,
  () => readUIMessage,
]

/** OpenAI `chat.completion.chunk`. */
function readChatChunk({ choices, error }: Data): Reading {
  const choice = onlyChoice(choices)
  if (choice === undefined || !isNothing(error)) return undefined
  const { delta } = choice
  if (isNothing(delta)) return ''
  if (!isData(delta) || 'text' in choice) return undefined
  const { role: _role, content, ...others } = delta
  // Tool calls, refusals, reasoning and audio are more than the text.
  if (!Object.values(others).every(isNothing)) return undefined
  return isNothing(content) ? '' : textOrNothing(content)
}

/** OpenAI `text_completion`. */
function readCompletion({ choices, error }: Data): Reading {
  const choice = onlyChoice(choices)
  if (choice === undefined || !isNothing(error) || 'delta' in choice) return undefined
  return isNothing(choice['text']) ? '' : textOrNothing(choice['text'])
}

/** The one choice of a chunk; an empty one for a chunk without, as usage comes in. */
function onlyChoice(choices: unknown): Data | undefined {
  if (!Array.isArray(choices) || choices.length > 1) return undefined
  const choice: unknown = choices[0] ?? {}
  return isData(choice) && (choice['index'] ?? 0) === 0 ? choice : undefined
}

const RESPONSE_COMPANIONS: ReadonlySet<unknown> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.output_text.done',
  'response.completed',
  'response.incomplete',
])

/** OpenAI responses, whose deltas must all belong to one part of one output. */
function responseReader(): Reader {
  let place: string | undefined
  return ({ type, delta, item, part, output_index: output, content_index: content }) => {
    if (type === 'response.output_text.delta') {
      const here = `${String(output)}:${String(content)}`
      place ??= here
      return place === here ? textOrNothing(delta) : undefined
    }
    if (type === 'response.output_item.added' || type === 'response.output_item.done') {
      return isData(item) && isPlainItem(item) ? '' : undefined
    }
    if (type === 'response.content_part.added' || type === 'response.content_part.done') {
      return isData(part) && part['type'] === 'output_text' ? '' : undefined
    }
    return RESPONSE_COMPANIONS.has(type) ? '' : undefined
  }
}

/** A message, or the trace of reasoning that is not shown. */
function isPlainItem({ type, summary, content }: Data): boolean {
  return type === 'message' || (type === 'reasoning' && isNothing(summary) && isNothing(content))
}

const MESSAGE_COMPANIONS: ReadonlySet<unknown> = new Set([
  'message_start',
  'message_delta',
  'message_stop',
  'content_block_stop',
  'ping',
])

/** Anthropic messages. */
function readMessage({ type, delta, content_block: block }: Data): Reading {
  if (type === 'content_block_delta') {
    return isData(delta) && delta['type'] === 'text_delta'
      ? textOrNothing(delta['text'])
      : undefined
  }
  if (type === 'content_block_start') {
    return isData(block) && block['type'] === 'text'
      ? textOrNothing(block['text'] ?? '')
      : undefined
  }
  return MESSAGE_COMPANIONS.has(type) ? '' : undefined
}

const UI_COMPANIONS: ReadonlySet<unknown> = new Set([
  'start',
  'start-step',
  'text-start',
  'text-end',
  'finish-step',
  'finish',
  'message-metadata',
])

/** AI SDK UI messages. */
function readUIMessage({ type, delta }: Data): Reading {
  if (type === 'text-delta') return textOrNothing(delta)
  return UI_COMPANIONS.has(type) ? '' : undefined
}

function textOrNothing(value: unknown): Reading {
  return typeof value === 'string' ? value : undefined
}

function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  )
}

const DATA_STREAM_LINE = /^([\da-z]):(.+)$/
const DATA_STREAM_TEXT = '0'
const DATA_STREAM_COMPANIONS: ReadonlySet<string> = new Set(['d', 'e', 'f', '8', '2'])

/** Whether a text begins like an AI SDK data stream (version 1), whatever its parts carry. */
export function isDataStream(body: string): boolean {
  return /^[\da-z]:["[{]/.test(body)
}

/**
 * The text of an AI SDK data stream (version 1: lines such as `0:"text"`), which comes as plain text;
 * `undefined` if any line is of another form, or carries something else, such as a tool call.
 */
export function dataStreamText(body: string): string | undefined {
  if (!/^[0def82]:/.test(body) || !/^0:"/m.test(body)) return undefined
  const text = new TextJoiner()
  for (let from = 0; from < body.length;) {
    const next = body.indexOf('\n', from)
    const end = next === -1 ? body.length : next
    const [, kind = '', data = ''] = DATA_STREAM_LINE.exec(body.slice(from, end)) ?? []
    const value = parse(data)
    if (kind === DATA_STREAM_TEXT && typeof value === 'string') text.add(value)
    else if (!DATA_STREAM_COMPANIONS.has(kind) || value === undefined) return undefined
    from = end + 1
  }
  return text.text()
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data) as unknown
  } catch {
    return undefined
  }
}

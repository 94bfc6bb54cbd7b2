import { createHash } from 'node:crypto'
import type { Flagging, FlaggingOptions, FlaggingOverrides } from '@flagging/core'
import {
  answerJSON,
  bytesOf,
  type Entry,
  type Handler,
  type HostReply,
  type Mounted,
  route,
  use,
} from '../contract/host.ts'
import type { Sent } from './client.ts'

/** `flagged`: in manual mode, with a flag by hand for each answer that carries an id. */
export type Mode = 'auto' | 'manual' | 'flagged' | 'never'

/** What a scenario may use of its flagging while it lays out the host. */
interface Mounting {
  /** The middleware; absent where the host is bare. */
  readonly mounted: Mounted | undefined
  override(overrides: FlaggingOverrides): Mounted[]
}

/** A small host, and one request to it that carries a nonce. */
export interface Scenario {
  readonly name: string
  readonly modes: readonly Mode[]
  readonly options?: FlaggingOptions<object>
  entries(mounting: Mounting): Entry[]
  request(nonce: string): { readonly path: string; readonly sent: Sent }
  /** Whether there is a sample in `auto` mode, and an id in the others. Default: yes. */
  readonly isCaptured?: boolean
  /** Whether it takes a worker thread: then short sweeps leave out what other scenarios have hit. */
  readonly isHeavy?: boolean
  /** Whether the handler itself flags, so that there is a sample whatever the mode. */
  readonly flagsInHandler?: boolean
}

/** What no sample may show, whatever fails. */
export const SECRET = 'hush-hush'

const MODES = ['auto', 'manual', 'flagged'] as const
const JSON_TYPE = { 'content-type': 'application/json' }

const echo: Handler = async (request) => ({
  headers: [['content-type', request.header('content-type') ?? 'text/plain']],
  body: await bytesOf(request),
})

/** Answers with a digest of what it read, but for the nonce: so it shows what reached the handler. */
const digest: Handler = async (request) => {
  const text = (await bytesOf(request)).toString('latin1').replace(/nonce-\d+/, 'nonce')
  return answerJSON({ size: text.length, sha256: createHash('sha256').update(text).digest('hex') })
}

function streaming(pieces: readonly string[]): Handler {
  return async (request): Promise<HostReply> => {
    await bytesOf(request)
    return {
      headers: [['content-type', 'text/event-stream']],
      body: async (out) => {
        for (const piece of pieces) {
          await out.write(piece)
          await new Promise((resolve) => setImmediate(resolve))
        }
      },
    }
  }
}

const breaking: Handler = async (request) => {
  await bytesOf(request)
  throw new Error('the handler broke')
}

const endless: Handler = async (request): Promise<HostReply> => {
  await bytesOf(request)
  return {
    headers: [['content-type', 'text/plain']],
    body: async (out) => {
      await out.write('so far ')
      await out.gone
    },
  }
}

const mount = ({ mounted }: Mounting): Entry[] => (mounted ? [use(mounted)] : [])

/** A form with a field and a file. */
function form(nonce: string, size: number): Sent {
  const head = [
    '--XX\r\nContent-Disposition: form-data; name="note"\r\n\r\n',
    `${nonce}\r\n--XX\r\n`,
    'Content-Disposition: form-data; name="im"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n',
  ]
  return {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=XX' },
    body: [head.join(''), Buffer.alloc(size, 'png'), '\r\n--XX--\r\n'],
  }
}

const post = (value: unknown): Sent => ({
  method: 'POST',
  headers: JSON_TYPE,
  body: [JSON.stringify(value)],
})

/** What the sweep plays. The first one is also what is asked for after each fault. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'JSON echo',
    modes: MODES,
    entries: (mounting) => [...mount(mounting), route('POST /echo', echo)],
    request: (nonce) => ({
      path: '/echo',
      sent: { ...post(0), body: [`{"note":"${nonce}","password":"${SECRET}",`, '"deep":[1,2]}'] },
    }),
  },
  {
    name: 'no body',
    modes: MODES,
    entries: (mounting) => [
      ...mount(mounting),
      route('POST /items/:id', () => ({ status: 204, body: null })),
    ],
    request: (nonce) => ({ path: `/items/${nonce}`, sent: { method: 'POST' } }),
  },
  {
    name: 'event stream',
    modes: MODES,
    entries: (mounting) => [
      ...mount(mounting),
      route('POST /events', streaming(['data: one\n\n', 'data: two\n', '\ndata: three\n\n'])),
    ],
    request: (nonce) => ({ path: '/events', sent: post({ note: nonce }) }),
  },
  {
    name: 'client that leaves',
    modes: MODES,
    options: { when: () => true },
    entries: (mounting) => [...mount(mounting), route('POST /endless', endless)],
    request: (nonce) => ({
      path: '/endless',
      sent: { ...post({ note: nonce }), leavesAfter: 'so far '.length },
    }),
  },
  {
    name: 'handler that throws',
    modes: ['auto', 'manual'],
    isCaptured: false,
    entries: (mounting) => [...mount(mounting), route('POST /breaking', breaking)],
    request: (nonce) => ({ path: '/breaking', sent: post({ note: nonce }) }),
  },
  {
    name: 'flag in the handler',
    modes: ['auto', 'manual'],
    flagsInHandler: true,
    entries: (mounting) => [
      ...mount(mounting),
      route('POST /flagging', async (request) => {
        const body = await bytesOf(request)
        const flagging = mounting.mounted?.flagging as Flagging | undefined
        flagging?.idOf(request.target)
        void flagging?.flag(request.target).catch(() => {})
        return { headers: [['content-type', 'application/json']], body }
      }),
    ],
    request: (nonce) => ({ path: '/flagging', sent: post({ note: nonce }) }),
  },
  {
    name: 'overrides of a route',
    modes: MODES,
    options: { options: ['Incorrect'] },
    entries: (mounting) => [
      ...mount(mounting),
      route(
        'POST /declared/:kind',
        echo,
        ...mounting.override({ inputs: ['note', 'kind'], outputs: ['deep'] }),
      ),
    ],
    request: (nonce) => ({ path: '/declared/some', sent: post({ note: nonce, deep: { a: 1 } }) }),
  },
  {
    name: 'functions of the host',
    modes: MODES,
    options: {
      inputs: [
        { label: 'note', type: 'text', from: 'note' },
        { label: 'size', type: 'number', from: ({ body }) => Object.keys(body as object).length },
      ],
      outputs: ['Output'],
      when: ({ status }) => status === 200,
      redact: (interaction) => interaction,
      username: async () => 'ada',
      authorize: async () => true,
      onFlag: () => {},
      comment: true,
      correction: true,
    },
    entries: (mounting) => [...mount(mounting), route('POST /own', echo)],
    request: (nonce) => ({ path: '/own', sent: post({ note: nonce, password: SECRET }) }),
  },
  {
    name: 'redacted query',
    modes: MODES,
    options: { inputs: ['note', 'token'], outputs: ['Output'], redact: ['note2'] },
    entries: (mounting) => [
      ...mount(mounting),
      route('GET /search', ({ query }) => answerJSON({ found: query.get('note'), apiKey: 'k' })),
    ],
    request: (nonce) => ({
      path: `/search?note=${nonce}&token=t&note2=${SECRET}`,
      sent: { method: 'GET' },
    }),
  },
  {
    name: 'spilled upload',
    modes: MODES,
    isHeavy: true,
    entries: (mounting) => [...mount(mounting), route('POST /upload', digest)],
    request: (nonce) => ({ path: '/upload', sent: form(nonce, 300_000) }),
  },
  {
    name: 'upload that takes what there is',
    modes: MODES,
    isHeavy: true,
    options: { limits: { heldBytes: 400_000, spillBytes: 400_000 } },
    entries: (mounting) => [...mount(mounting), route('POST /capped', digest)],
    request: (nonce) => ({ path: '/capped', sent: form(nonce, 300_000) }),
  },
  {
    name: 'never',
    modes: ['never'],
    isCaptured: false,
    entries: (mounting) => [...mount(mounting), route('POST /never', echo)],
    request: (nonce) => ({ path: '/never', sent: post({ note: nonce }) }),
  },
  {
    name: 'a route left out',
    modes: ['auto', 'manual'],
    isCaptured: false,
    entries: (mounting) => [
      ...mount(mounting),
      route('POST /out', echo, ...mounting.override({ mode: 'never' })),
    ],
    request: (nonce) => ({ path: '/out', sent: post({ note: nonce }) }),
  },
]

import type { Flagging, FlaggingOptions, FlaggingOverrides } from '@flagging/core'

/** What a handler of a host is given, whatever the framework. */
export interface HostRequest {
  readonly method: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  header(name: string): string | undefined
  /** The body as it comes in; read only when somebody iterates. */
  chunks(): AsyncIterable<Uint8Array>
  /** Resolves when the client has left before its answer. */
  gone(): Promise<void>
  /** What the framework hands to a handler: Hono's context, Express's request. */
  readonly target: object
}

/** Where a handler writes a streamed answer. */
interface Outgoing {
  /** Resolves when there is room for more. */
  write(chunk: string | Uint8Array): Promise<void>
  /** Resolves when the connection or the reader is gone. */
  readonly gone: Promise<void>
}

/** The answer of a handler: whole, or produced piece by piece. */
export interface HostReply {
  readonly status?: number
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string | Uint8Array | ((out: Outgoing) => Promise<void>) | null
}

export type Handler = (request: HostRequest) => HostReply | Promise<HostReply>

/** Answers a request itself, or lets it through. */
export type Guard = (request: HostRequest) => HostReply | undefined | Promise<HostReply | undefined>

/** A middleware or the flag routes, in the form of the framework. */
export type Mounted = object & { readonly flagging: Flagging }

/** What a host consists of, in the order in which it is mounted. */
export type Entry =
  | {
      readonly kind: 'route'
      readonly method: string
      readonly path: string
      readonly through: readonly Mounted[]
      readonly handle: Handler
    }
  | { readonly kind: 'use'; readonly at: string; readonly middleware: Mounted }
  | { readonly kind: 'guard'; readonly at: string; readonly guard: Guard }
  | { readonly kind: 'flagRoutes'; readonly at: string; readonly routes: Mounted }
  | { readonly kind: 'router'; readonly at: string; readonly entries: readonly Entry[] }

/** A host that answers. */
export interface Server {
  readonly origin: string
  /** `undefined` where there is no socket. */
  readonly port: number | undefined
  request(path: string, init?: RequestInit): Promise<Response>
  /** Takes no more connections; those that there are go on. Only where there are sockets. */
  stop?(): void
  close(): Promise<void>
}

/** What the contract needs of an adapter and its framework. */
export interface Adapter {
  /** Whether requests come in over sockets of their own. */
  readonly hasSockets: boolean
  /** Whether it speaks HTTP/2, where an answer ends a request that nobody reads. */
  readonly isHTTP2?: boolean
  flagging(options?: FlaggingOptions<object> | Flagging, overrides?: FlaggingOverrides): Mounted
  flagRoutes(options: FlaggingOptions<object> | Flagging): Mounted
  serve(entries: readonly Entry[]): Promise<Server>
  /** A header of what the framework hands to a handler. */
  headerOf(target: object, name: string): string | undefined
}

/** `route('POST /calculate', handler)`; middlewares of the one route follow. */
export function route(endpoint: string, handle: Handler, ...through: readonly Mounted[]): Entry {
  const [method = '', path = ''] = endpoint.split(' ')
  return { kind: 'route', method, path, through, handle }
}

/** A middleware on everything below a path. */
export function use(middleware: Mounted, at = ''): Entry {
  return { kind: 'use', at, middleware }
}

/** A middleware of the host's own, such as its authentication. */
export function guard(check: Guard, at = ''): Entry {
  return { kind: 'guard', at, guard: check }
}

/** The flag routes at a path of their own. */
export function routesAt(at: string, routes: Mounted): Entry {
  return { kind: 'flagRoutes', at, routes }
}

/** A router or sub-app. */
export function router(at: string, ...entries: readonly Entry[]): Entry {
  return { kind: 'router', at, entries }
}

/** All of a request's body. */
export async function bytesOf(request: HostRequest): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The fields of a JSON object or form; uploads are `File`s. */
export async function fieldsOf(request: HostRequest): Promise<Record<string, unknown>> {
  const type = request.header('content-type') ?? ''
  const bytes = await bytesOf(request)
  if (/json/.test(type)) return JSON.parse(bytes.toString()) as Record<string, unknown>
  if (!/form/.test(type)) return {}
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData()
  return Object.fromEntries(form)
}

/** An answer in JSON. */
export function answerJSON(value: unknown, status = 200): HostReply {
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: JSON.stringify(value),
  }
}

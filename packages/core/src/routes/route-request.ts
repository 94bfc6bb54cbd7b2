import type { LeftBody } from '../capture/left-body.ts'

/** The body of a request to the flag routes. */
export type RouteBody =
  /** Not read yet. */
  | {
      readonly kind: 'stream'
      readonly chunks: () => AsyncIterable<Uint8Array>
      /** Lets the rest of it run off, so that the connection can go on. */
      readonly discard: () => void
    }
  /** Read and parsed by the host before us. */
  | { readonly kind: 'left'; readonly left: LeftBody }
  /** Read by the host before us, and nothing is left of it; or there was none. */
  | { readonly kind: 'none' }

/** A request to the flag routes as plain data. */
export interface RouteRequest {
  /** In upper case. */
  readonly method: string
  /** Below the flag routes' own path: `/`, `/examples` ... */
  readonly path: string
  /** The query without its `?`. */
  readonly query: string
  /** A header by its lower-case name. */
  readonly header: (name: string) => string | undefined
  /** What the framework hands to a handler: Hono's context, Express's request. */
  readonly target: object
  readonly body: () => RouteBody | Promise<RouteBody>
}

/** The answer of a flag route as plain data. */
export interface RouteAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** `null` for none, also where the request was a HEAD. */
  readonly body: string | ReadableStream<Uint8Array> | null
}

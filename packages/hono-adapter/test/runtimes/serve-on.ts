/** A server of whatever runtime this is. */
export interface Served {
  readonly origin: string
  close(): Promise<void>
}

type Fetch = (request: Request) => Response | Promise<Response>

interface OtherRuntimes {
  readonly Bun?: {
    serve(options: { port: number; fetch: Fetch }): {
      readonly port: number
      stop(now: boolean): Promise<void>
    }
  }
  readonly Deno?: {
    serve(
      options: { port: number; hostname: string; onListen: () => void },
      fetch: Fetch,
    ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
  }
}

/** Serves on a free port by the runtime's own server. */
export async function serveOn(fetch: Fetch): Promise<Served> {
  const { Bun, Deno } = globalThis as OtherRuntimes
  // Called with the request alone: what else a runtime hands over is not the app's environment.
  const alone: Fetch = (request) => fetch(request)
  if (Bun) {
    const server = Bun.serve({ port: 0, fetch: alone })
    return { origin: `http://127.0.0.1:${server.port}`, close: () => server.stop(true) }
  }
  if (Deno) {
    const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, alone)
    return {
      origin: `http://127.0.0.1:${server.addr.port}`,
      close: () => server.shutdown(),
    }
  }
  throw new Error('This runtime has no server of its own: run this with Bun or Deno.')
}

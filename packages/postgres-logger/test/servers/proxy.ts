import { once } from 'node:events'
import { type Socket, connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * What happens to the next statement of a kind: `request` cuts the connection in its middle; `answer`
 * lets the server do it, and cuts before anybody hears of that.
 */
export type Cut = 'request' | 'answer'

/** A way to a server that can be cut. */
export interface Proxy {
  readonly port: number
  /** How many cuts there were that were asked for. */
  readonly cuts: number
  /** Cuts all connections; nobody gets a new one until it is open again. */
  close(): void
  open(): void
  /** Cuts the next connection over which these bytes pass. */
  cutAt(text: string, cut: Cut): void
}

/** Opens a way to a port of this machine, which is closed when the test is over. */
export async function openProxy(to: number): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let isOpen = true
  let cuts = 0
  let next: { readonly text: string; readonly cut: Cut } | undefined
  const server = createServer((client) => {
    if (!isOpen) return void client.destroy()
    const there = connect(to, '127.0.0.1')
    const pair = [client, there] as const
    pairs.add(pair)
    let isDoomed = false
    const cut = (): void => {
      pairs.delete(pair)
      client.destroy()
      there.destroy()
    }
    for (const socket of pair) socket.on('error', cut).on('close', cut)
    client.on('data', (bytes) => {
      const isIt = next !== undefined && bytes.includes(next.text)
      if (!isIt) return void there.write(bytes)
      isDoomed = next?.cut === 'answer'
      next = undefined
      cuts++
      if (isDoomed) there.write(bytes)
      else there.write(bytes.subarray(0, bytes.length / 2), cut)
    })
    there.on('data', (bytes) => {
      if (isDoomed) cut()
      else client.write(bytes)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cutAll = (): void => {
    for (const [client, there] of pairs) {
      client.destroy()
      there.destroy()
    }
  }
  onTestFinished(() => {
    cutAll()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts
    },
    close() {
      isOpen = false
      cutAll()
    },
    open() {
      isOpen = true
    },
    cutAt(text, cut) {
      next = { text, cut }
    },
  }
}

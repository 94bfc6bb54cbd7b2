/** Where exchanges are played: the framework, and the protocol that its clients speak. */
export const HOSTS = ['express4', 'express5', 'hono', 'hono-h2c'] as const

/** One of {@link HOSTS}. */
export type HostName = (typeof HOSTS)[number]

/** Whether this host is an Express of either major. */
export function isExpress(host: HostName): boolean {
  return host.startsWith('express')
}

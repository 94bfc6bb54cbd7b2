/** What a middleware is mounted on; `undefined` where that is a single route. */
export function mountOf(pattern: string): string | undefined {
  if (pattern === '*' || pattern === '/*') return ''
  return pattern.endsWith('/*') ? pattern.slice(0, -2) : undefined
}

/** The path below a mount and the flag routes' own path; `undefined` where it is not below. */
export function pathBelow(path: string, mount: string, own: string): string | undefined {
  const rest = path.split('/').slice(mount.split('/').length)
  const below = rest.length === 0 ? '' : `/${rest.join('/')}`
  if (below !== own && !below.startsWith(`${own}/`)) return undefined
  return below.slice(own.length) || '/'
}

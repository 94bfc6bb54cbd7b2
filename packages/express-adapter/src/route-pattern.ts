import type { Request } from 'express'

/** What is looked at of a layer of a router, alike enough in Express 4 and 5. */
interface Layer {
  readonly route?: unknown
  readonly handle?: { readonly stack?: readonly Layer[] }
  /** Express 5, router 2.2 and later: the pattern as it was given. */
  readonly rawPath?: unknown
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean; readonly fast_star?: boolean }
  readonly keys?: readonly { readonly name: string | number }[]
  readonly path?: string
  readonly params?: Readonly<Record<string, unknown>>
  match?(path: string): unknown
}

interface Route {
  readonly path: unknown
}

/**
 * The pattern of the route that answered, with the patterns of the routers that it is mounted in;
 * `undefined` where no route answered. `req.baseUrl` has values in place of parameters, and those
 * are clients' to choose, so the routers are asked.
 */
export function patternOf(req: Request): string | undefined {
  const route = req.route as Route | undefined
  if (!route) return undefined
  const own = textOf(route.path)
  // Express takes the base away again from a request that no router has answered.
  if (!req.baseUrl) return own
  const base = basePattern(req, req.baseUrl, (layer) => layer.route === route)
  return `${base}${own === '/' ? '' : own}`
}

/** The pattern of what a middleware is mounted on, where no route answered. */
export function mountPattern(req: Request, middleware: unknown, base: string): string {
  if (base === '') return ''
  return basePattern(req, base, (layer) => layer.handle === middleware)
}

function basePattern(req: Request, baseUrl: string, isTarget: (layer: Layer) => boolean): string {
  const mount = mountPatternOf(req.app)
  const segments = baseUrl.split('/').slice(mount.split('/').length)
  const base = segments.length === 0 ? '' : `/${segments.join('/')}`
  const stack = stackOf(req.app as unknown as App)
  return `${mount}${(stack && chain(stack, isTarget, base)) ?? ''}`
}

interface App {
  readonly router?: unknown
  readonly _router?: { readonly stack: readonly Layer[] }
}

function stackOf(app: App): readonly Layer[] | undefined {
  // The getter of Express 4 throws.
  const router = app._router ?? (app.router as { stack?: readonly Layer[] } | undefined)
  return router?.stack
}

/** The patterns on the way to a layer, joined; `undefined` where it is not below. */
function chain(
  stack: readonly Layer[],
  isTarget: (layer: Layer) => boolean,
  base: string,
): string | undefined {
  for (const layer of stack) {
    const inner = layer.handle?.stack
    if (isTarget(layer)) {
      if (layer.route) return ''
      const mount = mountedAt(layer, base)
      if (mount) return mount.pattern
    } else if (inner) {
      const mount = mountedAt(layer, base)
      const rest = mount && chain(inner, isTarget, base.slice(mount.length))
      if (mount && rest !== undefined) return mount.pattern + rest
    }
  }
  return undefined
}

/** What a router's layer takes off the front of a path, and the pattern of that. */
function mountedAt(layer: Layer, base: string): { length: number; pattern: string } | undefined {
  if (layer.regexp?.fast_slash) return { length: 0, pattern: '' }
  if (layer.regexp) {
    const match = layer.regexp.exec(base === '' ? '/' : base)
    if (!match) return undefined
    const names = (layer.keys ?? []).map((key) => String(key.name))
    return {
      length: trimmed(match[0]).length,
      pattern: named(trimmed(match[0]), match.slice(1), names),
    }
  }
  // Both shapes of Express 5's router: the match is handed back, or left on the layer.
  const matched = layer.match?.(base === '' ? '/' : base)
  if (!matched) return undefined
  const { path, params } = (typeof matched === 'object' ? matched : layer) as Layer
  const text = trimmed(path ?? '')
  if (typeof layer.rawPath === 'string') {
    return { length: text.length, pattern: trimmed(layer.rawPath) }
  }
  const entries = Object.entries(params ?? {})
  return {
    length: text.length,
    pattern: named(
      text,
      entries.map(([, value]) => String(value)),
      entries.map(([name]) => name),
    ),
  }
}

/** A matched path with the values of its parameters replaced by their names. */
function named(
  path: string,
  values: readonly (string | undefined)[],
  names: readonly string[],
): string {
  const left = values.map((value, index) => ({ value, name: names[index] ?? String(index) }))
  return path
    .split('/')
    .map((segment) => {
      const at = left.findIndex(
        ({ value }) => value !== undefined && (value === segment || value === decoded(segment)),
      )
      return at === -1 ? segment : `:${left.splice(at, 1)[0]?.name}`
    })
    .join('/')
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** The patterns that the apps above have mounted an app at. */
function mountPatternOf(app: Request['app']): string {
  const { parent } = app as unknown as { parent?: Request['app'] }
  if (!parent) return ''
  const [pattern] = [app.mountpath].flat()
  return mountPatternOf(parent) + trimmed(pattern ?? '')
}

function trimmed(path: string): string {
  return path === '/' ? '' : path.replace(/\/$/, '')
}

function textOf(path: unknown): string {
  if (typeof path === 'string') return path
  return Array.isArray(path) ? path.map(textOf).join('|') : String(path)
}

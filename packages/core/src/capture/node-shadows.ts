/** A method, whatever its arguments. */
export type Method = (this: unknown, ...args: unknown[]) => unknown

/**
 * Makes the shadow of a method, which calls the original and tells us what goes by.
 * @param isShared whether it is that of all objects below a prototype
 */
export type MakeShadow = (original: Method, isShared: boolean) => Method

type Methods = Record<string, Method>
type Shadows = Readonly<Methods>

/**
 * Puts shadows of methods in their place. On a plain server they become properties of the request or
 * the response. Express gives both another prototype for each request, and then a new property costs
 * microseconds, for V8 makes of every such object a shape of its own: there the shadows are put on
 * the framework's prototype, once, and pass what is none of ours through. An object whose methods
 * somebody has patched gets shadows of its own around those.
 */
export class NodeShadows {
  readonly #makers: Readonly<Record<string, MakeShadow>>
  /** By prototype; `NONE` where objects get shadows of their own. */
  readonly #byPrototype = new WeakMap<object, Shadows | typeof NONE>()
  /** By the prototype that they were put on. */
  readonly #byHome = new WeakMap<object, Shadows>()
  /** The last originals and their shadows: nearly always the same ones. */
  readonly #last: Record<string, { readonly original: Method; readonly shadow: Method }> = {}

  constructor(makers: Readonly<Record<string, MakeShadow>>) {
    this.#makers = makers
  }

  /** Shadows these methods of an object; gives whether it shares them with others. */
  put(object: object, names: readonly string[]): boolean {
    const prototype = Object.getPrototypeOf(object) as Methods
    let shadows = this.#byPrototype.get(prototype)
    if (shadows === undefined) {
      shadows = this.#share(prototype)
      this.#byPrototype.set(prototype, shadows)
    }
    if (shadows !== NONE && isInPlace(shadows, prototype, object, names)) return true
    for (const name of names) {
      ;(object as Methods)[name] = this.#own(name, (object as Methods)[name] as Method)
    }
    return false
  }

  #own(name: string, original: Method): Method {
    const last = this.#last[name]
    if (last?.original === original) return last.shadow
    const shadow = (this.#makers[name] as MakeShadow)(original, false)
    this.#last[name] = { original, shadow }
    return shadow
  }

  #share(prototype: object): Shadows | typeof NONE {
    const home = homeOf(prototype)
    if (home === undefined) return NONE
    let shadows = this.#byHome.get(home)
    if (shadows === undefined) {
      const made: Methods = {}
      for (const [name, make] of Object.entries(this.#makers)) {
        made[name] = make(home[name] as Method, true)
      }
      shadows = made
      // First: what is in its place only in part, or not at all, is seen by `isInPlace`.
      this.#byHome.set(home, shadows)
      for (const [name, value] of Object.entries(made)) {
        const property = { value, writable: true, configurable: true, enumerable: false }
        Reflect.defineProperty(home, name, property)
      }
    }
    return shadows
  }
}

const NONE = 'none'

/**
 * The outermost of the prototypes that a framework has put between an object and its class: all of
 * its apps and their routers have it in common. `undefined` where there is none in between.
 */
function homeOf(prototype: object): Methods | undefined {
  const base = (prototype as { constructor?: { prototype?: unknown } }).constructor?.prototype
  let home: object | null = prototype
  while (home !== null && home !== base) {
    const above = Object.getPrototypeOf(home) as object | null
    if (above === base) return home as Methods
    home = above
  }
  return undefined
}

/** Whether calls of these methods reach the shadows that are shared. */
function isInPlace(
  shadows: Shadows,
  prototype: Methods,
  object: object,
  names: readonly string[],
): boolean {
  for (const name of names) {
    if (Object.hasOwn(object, name) || prototype[name] !== shadows[name]) return false
  }
  return true
}

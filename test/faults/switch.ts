/** What is thrown at a site. */
export class InjectedFault extends Error {
  override readonly name = 'InjectedFault'

  constructor(site: string) {
    super(`Injected at ${site}`)
  }
}

/** One time that a site is to throw. */
export interface Shot {
  readonly site: string
  /** At which of its hits: the first is 1. */
  readonly hit: number
  /** Whether all that comes after it in the same turn throws too, as where the stack is used up. */
  readonly isSticky?: boolean
}

interface State {
  /** How often each site has been hit, in the order of their first hits; unset while nobody counts. */
  counts: Map<string, number> | undefined
  shot: Shot | undefined
  hits: number
  fault: InjectedFault | undefined
  isSticking: boolean
}

const NONE: readonly [] = []

// One state in a process, however often this module is loaded.
const key = Symbol.for('flagging.faults')
const holder = globalThis as { [key]?: State }
const state: State = (holder[key] ??= {
  counts: undefined,
  shot: undefined,
  hits: 0,
  fault: undefined,
  isSticking: false,
})

/** Sites that hand on to the host's own functions: what is thrown there is the host's. */
let isHosts: (site: string) => boolean = () => false

/** Asked by instrumented code at each call, right before the callee runs. */
export function reach(site: string): readonly [] {
  if (state.counts) state.counts.set(site, (state.counts.get(site) ?? 0) + 1)
  if (state.isSticking && !isHosts(site)) throw state.fault as InjectedFault
  if (state.shot?.site === site && ++state.hits === state.shot.hit) fire(state.shot)
  return NONE
}

/** Asked by instrumented code where no argument can be added: right after the value is there. */
export function after<T>(site: string, value: T): T {
  reach(site)
  return value
}

function fire(shot: Shot): never {
  state.fault = new InjectedFault(shot.site)
  if (shot.isSticky === true) {
    state.isSticking = true
    process.nextTick(() => (state.isSticking = false))
  }
  throw state.fault
}

/** Counts the hits of sites from now on. */
export function startCounting(): void {
  state.counts = new Map()
}

/** The sites that were hit since, with how often. */
export function stopCounting(): ReadonlyMap<string, number> {
  const counts = state.counts ?? new Map<string, number>()
  state.counts = undefined
  return counts
}

/** Makes a site throw; `handsOn` tells the sites that are the host's own functions. */
export function arm(shot: Shot, handsOn: (site: string) => boolean = () => false): void {
  state.shot = shot
  state.hits = 0
  state.fault = undefined
  isHosts = handsOn
}

/** No site throws any longer; gives what was thrown. */
export function disarm(): InjectedFault | undefined {
  state.shot = undefined
  state.isSticking = false
  return state.fault
}

/** Runs what belongs to the test itself: its calls are not counted and do not throw. */
export function aside<T>(work: () => T): T {
  const { counts, shot } = state
  state.counts = undefined
  state.shot = undefined
  try {
    return work()
  } finally {
    state.counts = counts
    state.shot = shot
  }
}

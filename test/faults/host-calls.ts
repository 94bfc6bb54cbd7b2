/**
 * Calls that hand on to the host's own functions, or wait for them: what is thrown there is the host's
 * and has to reach it. Each is a line of a shadow or a stream that has nothing else to do.
 */
const HANDED_ON: readonly RegExp[] = [
  // The originals of the methods that are shadowed on a Node request and its response.
  /^core\/capture\/node-tap\.ts\S+ \(\w+Shadow\) original\.(?:call|apply)$/,
  // The stream that is watched, and the one that takes its place.
  /^core\/capture\/web-tap\.ts\S+ \(\S+\) (?:this\.#reader\.(?:read|cancel)|controller\.(?:enqueue|close|error))$/,
  // The rest of the app.
  /^(?:express|hono)-adapter\/\S+ \(\w+\) next$/,
  // The answer of a flag route on its way out.
  /^express-adapter\/route-bridge\.ts\S+ \(send\) res\.end$/,
]

/** Whether what is thrown at a site is the host's. */
export function isHandedOn(site: string): boolean {
  return HANDED_ON.some((pattern) => pattern.test(site))
}

/** What runs within the calls of the host, where every scenario and mode counts. */
export function isWithinHostCalls(site: string): boolean {
  return /^(?:express-adapter|hono-adapter|core\/(?:flagging|hall\/(?:hall|plan)|capture\/(?:node-tap|node-answer|web-tap|exchange|held|recorder|spill|budget)))/.test(
    site,
  )
}

/** What runs after the reply and reaches a host only by way of the hall, whichever host that is. */
export function isFarFromHost(site: string): boolean {
  return /^core\/(?:sample|store)\//.test(site)
}

/** A place where a fault is dealt with on the spot, and how that shows. */
interface Excuse {
  readonly sites: RegExp
  readonly why: string
  /** Whether `onError` need not hear of it. */
  readonly isSilent: boolean
  /** What the sample has to say where it is not what it is without the fault; absent: it must be. */
  readonly says?: RegExp
}

/** Wherever a fault is not named here, it is reported, once, and its sample is exact or not stored. */
const EXCUSES: readonly Excuse[] = [
  {
    sites:
      /^core\/(?:well-formed|capture\/(?:canonical-json|check-json|content-|decode|event-stream|form|header-params|json-|media-type|multipart|raw-body|redact|text)|sample\/decode-exchange)/,
    why: 'A body that cannot be decoded is stored as it came, or left empty, and its `error` says so.',
    isSilent: true,
    says: /./,
  },
  {
    sites: /^core\/store\//,
    why: 'What follows the row on its way (unlocking, clearing up) takes nothing from a stored sample.',
    isSilent: true,
  },
  {
    sites: /^core\/capture\/(?:recorder|spill|left-body)\.ts/,
    why: 'A body that could not be spilled is cut, and its sample says `truncated`.',
    isSilent: false,
    says: /"truncated":true/,
  },
  {
    sites: /^(?:core\/routes|(?:hono|express)-adapter\/(?:route-bridge|left-body))/,
    why: 'A flag whose body cannot be read is refused with a 4xx of the flag route.',
    isSilent: true,
  },
]

/** Whether `onError` need not hear of a fault at a site. */
export function maySwallow(site: string): boolean {
  return EXCUSES.some(({ sites, isSilent }) => isSilent && sites.test(site))
}

/** Whether a sample may be what it is after a fault at a site, though it is another without. */
export function mayStore(site: string, sample: string): boolean {
  return EXCUSES.some(({ sites, says }) => sites.test(site) && (says?.test(sample) ?? false))
}

/** Whether a body may be kept as it came after a fault at a site. */
export function mayKeepRaw(site: string): boolean {
  return EXCUSES.some(({ sites, says }) => says !== undefined && sites.test(site))
}

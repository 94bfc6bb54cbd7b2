import type { Settings } from '../measure/contestant.ts'
import type { Entry } from '../measure/group.ts'

/** The frameworks, as tables call them and as their modules are called. */
export const FRAMEWORKS = { Hono: 'hono', Express: 'express' } as const

/** One of {@link FRAMEWORKS}. */
export type Framework = keyof typeof FRAMEWORKS

/** All of them. */
export const FRAMEWORK_NAMES = Object.keys(FRAMEWORKS) as Framework[]

/** How the names of fronts read in tables; ours are told from the others. */
const TITLES: Readonly<Record<string, string>> = {
  'no-op': 'a middleware that does nothing',
  never: 'flagging, never',
  manual: 'flagging, manual',
  auto: 'flagging, auto',
  'manual whole': 'flagging, manual, all of it kept',
  'auto whole': 'flagging, auto, all of it kept',
}

/**
 * The bare app, the same once more as a control, since what differs there is noise, and the app with
 * each of the fronts.
 * @param onlyWhole those of them that `--quick` leaves out
 */
export function behind(
  fronts: readonly string[],
  settings: Settings,
  onlyWhole: readonly string[] = [],
): Entry[] {
  const entry = (name: string, front: string): Entry => ({
    name,
    settings: { ...settings, front },
    onlyWhole: onlyWhole.includes(front),
  })
  return [
    entry('bare', 'bare'),
    entry('bare again', 'bare'),
    ...fronts.map((front) => entry(TITLES[front] ?? front, front)),
  ]
}

import type { Flagging, FlaggingMode, FlaggingOptions } from '@flagging/core'
import type { Reading } from '../measure/contestant.ts'

/** What stands in front of an app's routes. */
export interface Mounted {
  /** Resolves when all that was answered is logged: that is part of what it costs. */
  settled?(): Promise<unknown>
  /** What else is to be told of the exchanges since the last call, which were so many. */
  figures?(count: number): Reading
  close?(): Promise<unknown>
}

/** Mounts something on an app; `dir` is a scratch directory of its own. */
export type Front<App> = (app: App, dir: string) => Mounted | Promise<Mounted>

/** Nothing at all. */
export const nothing = (): Mounted => ({})

const MIB = 1024 * 1024
const LARGE = { bodyBytes: 256 * MIB, fileBytes: 256 * MIB, interactionBytes: 512 * MIB }

/** How flagging is mounted, by the name of the front; `whole` keeps bodies of 100 MiB. */
export const FLAGGED: Readonly<Record<string, Pick<FlaggingOptions, 'mode' | 'limits'>>> = {
  never: { mode: 'never' },
  manual: { mode: 'manual' },
  auto: { mode: 'auto' },
  'manual whole': { mode: 'manual', limits: LARGE },
  'auto whole': { mode: 'auto', limits: LARGE },
}

/** Looks after a flagging that is mounted. */
export function mountedFlagging(flagging: Flagging): Mounted {
  let lost = 0
  return {
    settled: () => flagging.flush(),
    figures(count) {
      if (flagging.mode !== ('auto' satisfies FlaggingMode)) return {}
      const { dropped, failed } = flagging.stats()
      const before = lost
      lost = dropped + failed
      return { lost: (100 * (lost - before)) / count }
    },
    close: () => flagging.close(),
  }
}

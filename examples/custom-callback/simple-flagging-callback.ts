import type { Component, FlaggingCallback, FlagValue } from '@flagging/core'

/** The callback of Gradio's guide: prints what was flagged. */
export class SimpleFlaggingCallback implements FlaggingCallback {
  #count = 0

  setup(components: readonly Component[], flaggingDir: string): void {
    console.log(`Flagging ${components.map(({ label }) => label).join(', ')} in ${flaggingDir}`)
  }

  flag(flagData: readonly FlagValue[], flagOption?: string | null, username?: string | null) {
    console.log('Flagged:', ...flagData)
    if (flagOption) console.log(`Reason: ${flagOption}`)
    if (username) console.log(`By: ${username}`)
    return ++this.#count
  }
}

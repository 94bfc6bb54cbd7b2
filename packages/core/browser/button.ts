// `@flagging/core/button.js`: importing it makes `<flag-button>` known to the page.
import { defineFlagButton } from './flag-button.ts'

export { FlagButton } from './flag-button.ts'
export type { FlagButtonState, FlagDetail, UnflagDetail } from './button-events.ts'
export { FlagFailure } from './http-routes.ts'
export type { FlagButtonLabels } from './button-labels.ts'

defineFlagButton()

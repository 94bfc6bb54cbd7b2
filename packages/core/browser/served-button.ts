// `GET {path}/button.js`: the same as `button.ts`, for the flag routes that it was asked of.
import { FlagButton, defineFlagButton } from './flag-button.ts'

export { FlagButton } from './flag-button.ts'
export { FlagFailure } from './http-routes.ts'

FlagButton.path = new URL('.', import.meta.url).href
// Not before: buttons that are there already ask at once.
defineFlagButton()

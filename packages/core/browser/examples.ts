// `@flagging/core/examples.js`: importing it makes `<flag-examples>` known to the page.
import { defineFlagExamples } from './flag-examples.ts'

export type { FlagExamplesLabels } from './example-labels.ts'
export { ExampleFile } from './example-file.ts'
export { FlagExamples } from './flag-examples.ts'
export type { ExampleDetail } from './flag-examples.ts'
export { FlagFailure } from './http-routes.ts'

defineFlagExamples()

// `GET {path}/examples.js`: the same as `examples.ts`, for the flag routes that it was asked of.
import { FlagExamples, defineFlagExamples } from './flag-examples.ts'

export { ExampleFile } from './example-file.ts'
export { FlagExamples } from './flag-examples.ts'

FlagExamples.path = new URL('.', import.meta.url).href
// Not before: elements that are there already ask at once.
defineFlagExamples()

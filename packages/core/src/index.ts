export { audio, checkbox, file, image, json, label, number, text, video } from './components.ts'
export type { Component, ComponentOptions, ComponentSource, ComponentType } from './components.ts'
export { FlaggingError } from './errors.ts'
export type { FlaggingErrorCode } from './errors.ts'
export { createFlagging } from './flagging.ts'
export type { Flagging, FlaggingStats } from './flagging.ts'
export type { Limits } from './options/limits.ts'
export type {
  FlagEvent,
  FlaggingAction,
  FlaggingMode,
  FlaggingOption,
  FlaggingOptions,
  FlaggingOverrides,
  FlagRequest,
} from './options/flagging-options.ts'
export type { FlaggedFile, FlagValue, JSONValue } from './sample/flag-value.ts'
export type { Ended, Interaction } from './sample/interaction.ts'
export { CSVLogger } from './store/csv-logger.ts'
export type { CSVLoggerOptions } from './store/csv-logger.ts'
export { loadExamples, readSamples } from './store/examples.ts'
export type { ReadOptions } from './store/examples.ts'
export type { FlagDetails, FlaggingCallback, Removal } from './store/flagging-callback.ts'
export type { RowKey } from './store/row-key.ts'
export type { Sample, SampleDetails } from './store/sample.ts'
export type { SampleSource } from './store/sample-source.ts'
export { SimpleCSVLogger } from './store/simple-csv-logger.ts'

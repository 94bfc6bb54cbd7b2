/** What a store of samples beyond one machine is made of. Hosts need none of it. @module */
export { stringifyJSON } from './capture/stringify-json.ts'
export type {
  ExportOptions,
  ImportOptions,
  TransferCounts,
  TransferModule,
  TransferProblem,
  TransferReport,
} from './inspect/transfer.ts'
export { datasetsIn } from './inspect/verify.ts'
export type { MarkFilter, PageQuery, ReviewFilter, ReviewSort } from './review/review-filter.ts'
export type { ReviewCounts } from './review/review-counts.ts'
export { DatasetMarks, type Mark, addMarks } from './review/marks.ts'
export type { ReviewCell, ReviewFile, ReviewSample, ReviewValue } from './review/review-sample.ts'
export type {
  ReviewAbout,
  ReviewColumns,
  ReviewPage,
  ReviewReader,
  ReviewStore,
} from './review/review-store.ts'
export { LONGEST_LISTED, MISSING, passableJSON, reviewValue } from './review/review-value.ts'
export { type SampleKey, decodeKey, encodeKey, noSample } from './review/sample-key.ts'
export { isForClient } from './routes/answers.ts'
export { contentDisposition } from './routes/content-disposition.ts'
export { isFlaggedFile, isFlaggedFileList } from './sample/flag-value.ts'
export {
  type ByteSource,
  SourceFile,
  bytesOf,
  memorySource,
  pathSource,
  textSource,
} from './store/byte-source.ts'
export { type CellMode, decodeCell, encodeCell } from './store/cells.ts'
export type {
  CallbackHost,
  FlagOutcome,
  FlagsElsewhere,
  PassedFlag,
} from './store/callback-host.ts'
export { errnoOf, makeDirectories, randomName, unless, writeAll } from './store/disk.ts'
export { isInert, passiveExtensionOf, servedTypeOf } from './store/file-kind.ts'
export { handedOutName } from './store/file-name.ts'
export type { FileSystem, OpenFile } from './store/file-system.ts'
export { type FoundDataset, findDatasets } from './store/find-logs.ts'
export { countRecords } from './store/log-scan.ts'
export { setOwn } from './store/sample-form.ts'
export { type Asked, type ReadSettings, resolveReadOptions } from './store/read-options.ts'
export { sidesOf } from './store/log-column.ts'
export { nodeFileSystem } from './store/node-file-system.ts'
export { readStored } from './store/read-stored.ts'
export { replaceFile } from './store/replace-file.ts'
export { rowHash } from './store/row-key.ts'
export { ALL_OWN_COLUMNS, DETAIL_COLUMNS, type OwnColumn } from './log-columns.ts'
export type { StoredOptions, StoredSample } from './store/stored-sample.ts'
export { sweep } from './store/sweep.ts'
export { Turns } from './store/turns.ts'
export { isWellFormed } from './well-formed.ts'

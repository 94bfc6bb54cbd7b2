export type { FileStore, StoredFacts } from './files/file-store.ts'
export type { SampleRecord } from './samples/sample-record.ts'

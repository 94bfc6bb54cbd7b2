export type { FileStore, StoredFacts } from './files/file-store.ts'
export { S3Files } from './files/s3-files.ts'
export type { S3FilesOptions } from './files/s3-options.ts'

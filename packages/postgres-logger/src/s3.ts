export type { FileStore } from './files/file-store.ts'

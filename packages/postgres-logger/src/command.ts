export { exportDirectory } from './transfer/export-directory.ts'
export { importDirectory } from './transfer/import-directory.ts'

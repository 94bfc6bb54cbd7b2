export { flagRoutes } from './flag-routes.ts'
export { flagging } from './flagging.ts'
export type { FlaggingMiddleware } from './flagging.ts'

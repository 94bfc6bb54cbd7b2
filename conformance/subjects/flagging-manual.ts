import { flaggingIn } from './flagging.ts'

/** What the table calls it. */
export const name = 'flagging, manual'
export const { headers, express, hono } = flaggingIn('manual')

import { flaggingIn } from './flagging.ts'

/** What the table calls it. */
export const name = 'flagging, auto'
export const { headers, express, hono } = flaggingIn('auto')

import { flaggingIn } from './flagging.ts'

/** What the table calls it. */
export const name = 'flagging, never'
export const { headers, express, hono } = flaggingIn('never')

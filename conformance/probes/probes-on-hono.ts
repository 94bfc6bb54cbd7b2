import type { Probe } from '../src/probe.ts'
import { ANSWERING_ON_HONO } from './answering-on-hono.ts'
import { BROKEN_REQUESTS_ON_HONO } from './broken-requests-on-hono.ts'
import { CHANGING_ON_HONO } from './changing-on-hono.ts'
import { COMPOSING_ON_HONO } from './composing-on-hono.ts'
import { ERRORS_ON_HONO } from './errors-on-hono.ts'
import { INCOMING_ON_HONO } from './incoming-on-hono.ts'
import { LATE_READING_ON_HONO } from './late-reading-on-hono.ts'
import { LEAVING_ON_HONO } from './leaving-on-hono.ts'
import { LIMITING_ON_HONO } from './limiting-on-hono.ts'
import { MIDDLEWARE_ON_HONO } from './middleware-on-hono.ts'
import { OUTGOING_ON_HONO } from './outgoing-on-hono.ts'
import { PACING_ON_HONO } from './pacing-on-hono.ts'
import { PARSING_ON_HONO } from './parsing-on-hono.ts'
import { PROXYING_ON_HONO } from './proxying-on-hono.ts'
import { RAW_REQUEST_ON_HONO } from './raw-request-on-hono.ts'
import { READING_ON_HONO } from './reading-on-hono.ts'
import { RESPONSE_ON_HONO } from './response-on-hono.ts'
import { STREAMING_ON_HONO } from './streaming-on-hono.ts'
import { WIRE_ON_HONO } from './wire-on-hono.ts'

/** All probes whose app is Hono's alone. */
export const PROBES_ON_HONO: readonly Probe[] = [
  ...READING_ON_HONO,
  ...RAW_REQUEST_ON_HONO,
  ...LATE_READING_ON_HONO,
  ...INCOMING_ON_HONO,
  ...PARSING_ON_HONO,
  ...ANSWERING_ON_HONO,
  ...STREAMING_ON_HONO,
  ...PACING_ON_HONO,
  ...OUTGOING_ON_HONO,
  ...RESPONSE_ON_HONO,
  ...MIDDLEWARE_ON_HONO,
  ...LIMITING_ON_HONO,
  ...COMPOSING_ON_HONO,
  ...CHANGING_ON_HONO,
  ...PROXYING_ON_HONO,
  ...ERRORS_ON_HONO,
  ...LEAVING_ON_HONO,
  ...BROKEN_REQUESTS_ON_HONO,
  ...WIRE_ON_HONO,
]

import type { Probe } from '../../src/probe.ts'
import { ANSWERING_ON_HONO } from './answering.ts'
import { BROKEN_REQUESTS_ON_HONO } from './broken-requests.ts'
import { CHANGING_ON_HONO } from './changing.ts'
import { COMPOSING_ON_HONO } from './composing.ts'
import { ERRORS_ON_HONO } from './errors.ts'
import { INCOMING_ON_HONO } from './incoming.ts'
import { LATE_READING_ON_HONO } from './late-reading.ts'
import { LEAVING_ON_HONO } from './leaving.ts'
import { LIMITING_ON_HONO } from './limiting.ts'
import { MIDDLEWARE_ON_HONO } from './middleware.ts'
import { OUTGOING_ON_HONO } from './outgoing.ts'
import { PACING_ON_HONO } from './pacing.ts'
import { PARSING_ON_HONO } from './parsing.ts'
import { PROXYING_ON_HONO } from './proxying.ts'
import { RAW_REQUEST_ON_HONO } from './raw-request.ts'
import { READING_ON_HONO } from './reading.ts'
import { RESPONSE_ON_HONO } from './response.ts'
import { STREAMING_ON_HONO } from './streaming.ts'
import { WIRE_ON_HONO } from './wire.ts'

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

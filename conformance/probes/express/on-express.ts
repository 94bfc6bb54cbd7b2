import type { Probe } from '../../src/probe.ts'
import { ANSWERING_ON_EXPRESS } from './answering.ts'
import { ANSWERS_ON_EXPRESS } from './answers.ts'
import { CONNECTIONS_ON_EXPRESS } from './connections.ts'
import { FAILING_ON_EXPRESS } from './failing.ts'
import { FRAMING_ON_EXPRESS } from './framing.ts'
import { HEADS_ON_EXPRESS } from './heads.ts'
import { LEAVING_ON_EXPRESS } from './leaving.ts'
import { PARSING_ON_EXPRESS } from './parsing.ts'
import { PATCHING_ON_EXPRESS } from './patching.ts'
import { READING_ON_EXPRESS } from './reading.ts'
import { REQUEST_WIRE_ON_EXPRESS } from './request-wire.ts'
import { REQUESTS_ON_EXPRESS } from './requests.ts'
import { ROUTING_ON_EXPRESS } from './routing.ts'
import { UPLOADS_ON_EXPRESS } from './uploads.ts'
import { WRITING_ON_EXPRESS } from './writing.ts'

/** All probes on Express, in the order of the table. */
export const PROBES_ON_EXPRESS: readonly Probe[] = [
  ...READING_ON_EXPRESS,
  ...PARSING_ON_EXPRESS,
  ...REQUESTS_ON_EXPRESS,
  ...REQUEST_WIRE_ON_EXPRESS,
  ...UPLOADS_ON_EXPRESS,
  ...ANSWERS_ON_EXPRESS,
  ...WRITING_ON_EXPRESS,
  ...FRAMING_ON_EXPRESS,
  ...HEADS_ON_EXPRESS,
  ...ANSWERING_ON_EXPRESS,
  ...LEAVING_ON_EXPRESS,
  ...CONNECTIONS_ON_EXPRESS,
  ...PATCHING_ON_EXPRESS,
  ...ROUTING_ON_EXPRESS,
  ...FAILING_ON_EXPRESS,
]

import type { Probe } from '../src/probe.ts'
import { ANSWERING_ON_EXPRESS } from './answering-on-express.ts'
import { ANSWERS_ON_EXPRESS } from './answers-on-express.ts'
import { CONNECTIONS_ON_EXPRESS } from './connections-on-express.ts'
import { FAILING_ON_EXPRESS } from './failing-on-express.ts'
import { FRAMING_ON_EXPRESS } from './framing-on-express.ts'
import { HEADS_ON_EXPRESS } from './heads-on-express.ts'
import { LEAVING_ON_EXPRESS } from './leaving-on-express.ts'
import { PARSING_ON_EXPRESS } from './parsing-on-express.ts'
import { PATCHING_ON_EXPRESS } from './patching-on-express.ts'
import { READING_ON_EXPRESS } from './reading-on-express.ts'
import { REQUEST_WIRE_ON_EXPRESS } from './request-wire-on-express.ts'
import { REQUESTS_ON_EXPRESS } from './requests-on-express.ts'
import { ROUTING_ON_EXPRESS } from './routing-on-express.ts'
import { UPLOADS_ON_EXPRESS } from './uploads-on-express.ts'
import { WRITING_ON_EXPRESS } from './writing-on-express.ts'

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

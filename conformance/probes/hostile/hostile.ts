import type { Probe } from '../../src/probe.ts'
import { HOSTILE_ABORTS } from './aborts.ts'
import { HOSTILE_CONNECTIONS } from './connections.ts'
import { HOSTILE_FILENAMES } from './filenames.ts'
import { HOSTILE_FORMS_AND_TEXT } from './forms-and-text.ts'
import { HOSTILE_JSON } from './json.ts'
import { HOSTILE_LARGE } from './large.ts'
import { HOSTILE_MULTIPART } from './multipart.ts'
import { HOSTILE_NEIGHBOURS } from './neighbours.ts'
import { HOSTILE_REQUESTS } from './requests.ts'
import { HOSTILE_RESPONSES } from './responses.ts'
import { HOSTILE_URLS } from './urls.ts'

/** What careless, broken or mean clients write in bodies and addresses, whatever it travels by. */
const HOSTILE_CONTENT: readonly Probe[] = [
  ...HOSTILE_MULTIPART,
  ...HOSTILE_FILENAMES,
  ...HOSTILE_JSON,
  ...HOSTILE_FORMS_AND_TEXT,
  ...HOSTILE_URLS,
]

/** What such clients do to connections and streams, and such apps answer. */
export const HOSTILE_EXCHANGES: readonly Probe[] = [
  ...HOSTILE_REQUESTS,
  ...HOSTILE_NEIGHBOURS,
  ...HOSTILE_RESPONSES,
  ...HOSTILE_ABORTS,
  ...HOSTILE_CONNECTIONS,
  ...HOSTILE_LARGE,
]

/** What clients send and apps answer when they are careless, broken or mean. */
export const HOSTILE: readonly Probe[] = [...HOSTILE_CONTENT, ...HOSTILE_EXCHANGES]

import type { Probe } from '../src/probe.ts'
import { HOSTILE_ABORTS } from './hostile-aborts.ts'
import { HOSTILE_CONNECTIONS } from './hostile-connections.ts'
import { HOSTILE_FILENAMES } from './hostile-filenames.ts'
import { HOSTILE_FORMS_AND_TEXT } from './hostile-forms-and-text.ts'
import { HOSTILE_JSON } from './hostile-json.ts'
import { HOSTILE_LARGE } from './hostile-large.ts'
import { HOSTILE_MULTIPART } from './hostile-multipart.ts'
import { HOSTILE_NEIGHBOURS } from './hostile-neighbours.ts'
import { HOSTILE_REQUESTS } from './hostile-requests.ts'
import { HOSTILE_RESPONSES } from './hostile-responses.ts'
import { HOSTILE_URLS } from './hostile-urls.ts'

/** What clients send and apps answer when they are careless, broken or mean. */
export const HOSTILE: readonly Probe[] = [
  ...HOSTILE_MULTIPART,
  ...HOSTILE_FILENAMES,
  ...HOSTILE_JSON,
  ...HOSTILE_FORMS_AND_TEXT,
  ...HOSTILE_REQUESTS,
  ...HOSTILE_URLS,
  ...HOSTILE_NEIGHBOURS,
  ...HOSTILE_RESPONSES,
  ...HOSTILE_ABORTS,
  ...HOSTILE_CONNECTIONS,
  ...HOSTILE_LARGE,
]

import type { Server } from 'node:http'
import type { Mounted } from '../fronts/front.ts'
import type { Settings } from '../measure/contestant.ts'

/** An app that does not listen yet. */
export interface App {
  readonly server: Server
  readonly mounted: Mounted
}

/** Makes an app with `front` from the settings in front of its routes. */
export type MakeApp = (settings: Settings, dir: string) => Promise<App>

/** Where an app puts what is uploaded to it. */
export const UPLOADS = 'uploads'

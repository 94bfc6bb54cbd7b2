import { env, stdout } from 'node:process'
import type { Effort } from './crash-states.ts'

/** Whether the tests of this folder take their time: `npm run disk-campaign`. */
export const isCampaign: boolean = env['FLAGGING_DISK_CAMPAIGN'] !== undefined

/** Prints a line of what was tried, for whoever wants to quote it. */
export function tell(line: string): void {
  stdout.write(`${line}\n`)
}

/** For each change of a run. */
export const EFFORT: Effort = isCampaign
  ? { everyByte: 100, tears: 8, pages: 6, mixes: 4 }
  : { everyByte: 0, tears: 2, pages: 2, mixes: 1 }

/** For each change of what follows a cut or a fault. */
export const SMALL_EFFORT: Effort = { everyByte: 0, tears: 1, pages: 1, mixes: 1 }

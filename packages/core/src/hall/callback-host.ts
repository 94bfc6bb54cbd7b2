import type { CallbackHost } from '../store/callback-host.ts'
import { flagHeld } from './flag-by-hand.ts'
import type { Hall } from './hall.ts'
import { unflagHeld } from './unflag.ts'

/** What a hall offers the callbacks that store its samples. */
export function callbackHost(hall: Hall): CallbackHost {
  const { dir, mode } = hall.settings
  return {
    dir,
    holds: mode === 'manual',
    flagHeld: (id, flag) =>
      hall.held.get(id) === undefined ? undefined : flagHeld(hall, id, flag),
    unflagHeld: (id, username) =>
      hall.held.get(id) === undefined ? undefined : unflagHeld(hall, id, username),
  }
}

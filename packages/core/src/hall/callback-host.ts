import type { CallbackHost } from '../store/callback-host.ts'
import { flagHeld } from './flag-by-hand.ts'
import type { Hall } from './hall.ts'
import { unflagHeld } from './unflag.ts'

/** What a hall offers the callbacks that store its samples. */
export function callbackHost(hall: Hall): CallbackHost {
  const { dir, mode } = hall.settings
  const isHeld = (id: string): boolean => !hall.isClosed && hall.held.get(id) !== undefined
  return {
    dir,
    stores: mode !== 'never',
    holds: mode === 'manual',
    isHeld,
    flagHeld: (id, flag) => (isHeld(id) ? flagHeld(hall, id, flag) : undefined),
    unflagHeld: (id, username) => (isHeld(id) ? unflagHeld(hall, id, username) : undefined),
  }
}

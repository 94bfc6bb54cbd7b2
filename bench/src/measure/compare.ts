import type { Reading } from './contestant.ts'
import type { Group } from './group.ts'
import { Player } from './player.ts'
import { type Finding, findings } from './statistics.ts'

/** How many processes begin at once: what they do then is not measured. */
const STARTS = 3

/** Plays the entries of a group in turn, round by round, so that what the machine does hits all. */
export async function compare(group: Group): Promise<Finding[]> {
  const { entries, module, rounds, warmUp, count } = group
  const players: Player[] = []
  try {
    for (let at = 0; at < entries.length; at += STARTS) {
      const some = entries.slice(at, at + STARTS).map((entry) => Player.start(module, entry))
      const started = await Promise.allSettled(some)
      players.push(...started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])))
      // Throws what the first of those threw that did not start.
      await Promise.all(some)
    }
    const readings: Reading[][] = players.map(() => [])
    for (let round = -warmUp; round < rounds; round++) {
      for (const [at, player] of players.entries()) {
        const reading = await player.round(entries[at]?.count ?? count)
        if (round >= 0) readings[at]?.push(reading)
      }
    }
    return findings(group, readings)
  } finally {
    await Promise.all(players.map((player) => player.end()))
  }
}

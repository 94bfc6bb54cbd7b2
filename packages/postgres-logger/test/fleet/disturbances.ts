import type { Fleet } from './fleet.ts'
import type { Servers } from './ground.ts'

/** Something that goes wrong for a while. */
export interface Disturbance {
  readonly name: string
  begin(): Promise<void>
  end(): Promise<void>
}

/** PostgreSQL dies with all its processes. */
export function postgresKilled({ postgres }: Servers): Disturbance {
  return {
    name: 'PostgreSQL killed',
    begin: () => postgres.kill(),
    end: () => postgres.restart(),
  }
}

/** No instance reaches PostgreSQL, or the bucket. */
export function linkAway(
  fleet: Fleet,
  to: 'PostgreSQL' | 'bucket',
  state: 'cut' | 'silent',
): Disturbance {
  const link = to === 'PostgreSQL' ? fleet.toPostgres : fleet.toBucket
  return {
    name: `${to} ${state}`,
    begin: async () => link.set(state),
    end: async () => link.set('open'),
  }
}

/** The bucket takes nothing, and says so. */
export function bucketRefuses({ s3 }: Servers, status: 403 | 503): Disturbance {
  return {
    name: `bucket ${status}`,
    begin: async () => {
      s3.trouble = { kind: 'refuse', status }
    },
    end: async () => {
      s3.trouble = undefined
    },
  }
}

/** An instance dies, and another one starts in its place. */
export function instanceKilled(fleet: Fleet, index: number): Disturbance {
  return {
    name: 'instance killed',
    begin: () => fleet.kill(index),
    end: () => fleet.revive(index),
  }
}

/** An instance is asked to end, as in an update, and another one starts in its place. */
export function instanceReplaced(fleet: Fleet, index: number): Disturbance {
  return {
    name: 'instance replaced',
    begin: () => fleet.kill(index, 'SIGTERM'),
    end: () => fleet.revive(index),
  }
}

/** Everything that goes wrong, one after the other, and some of it at once. */
export function oneOfEach(fleet: Fleet, servers: Servers): Disturbance[][] {
  return [
    [bucketRefuses(servers, 503), instanceKilled(fleet, 0)],
    [postgresKilled(servers), instanceKilled(fleet, 1)],
    [linkAway(fleet, 'PostgreSQL', 'cut'), bucketRefuses(servers, 403)],
    [linkAway(fleet, 'PostgreSQL', 'silent'), linkAway(fleet, 'bucket', 'cut')],
  ]
}

/**
 * Up to three things that go wrong at once.
 * @param random numbers from 0 to 1
 */
export function some(
  fleet: Fleet,
  servers: Servers,
  instances: number,
  random: () => number,
): Disturbance[] {
  const one = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
  const victim = Math.floor(random() * instances)
  const all = [
    postgresKilled(servers),
    linkAway(fleet, 'PostgreSQL', one(['cut', 'silent'])),
    linkAway(fleet, 'bucket', one(['cut', 'silent'])),
    bucketRefuses(servers, one([403, 503])),
    instanceKilled(fleet, victim),
    instanceKilled(fleet, (victim + 1) % instances),
    instanceReplaced(fleet, (victim + 2) % instances),
  ]
  const chosen = new Set(Array.from({ length: 3 }, () => one(all)))
  return Array.from(chosen)
}

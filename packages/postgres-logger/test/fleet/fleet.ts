import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Balancer, startBalancer } from '../../../../examples/fleet/balancer.ts'
import { type Instance, migrate, startInstance } from '../../../../examples/fleet/instance.ts'
import type { Ground } from './ground.ts'
import { Link } from './link.ts'

/** The time in which an instance was killed: what it was asked until then may break. */
export interface Death {
  readonly since: number
  until: number
}

/** Where one instance comes after the other. */
interface Place {
  readonly dir: string
  readonly label: string
  started: number
  /** `undefined` between two of them. */
  instance: (Instance & { readonly name: string }) | undefined
}

type Env = Readonly<Record<string, string>>

/** Instances of `examples/fleet` behind a balancer, with links to PostgreSQL and a bucket that can break. */
export class Fleet {
  /** Where each instance has a folder. */
  readonly dir: string
  readonly toPostgres: Link
  readonly toBucket: Link
  readonly deaths: Death[] = []
  /** What instances ended with that nobody had asked to end. */
  readonly accidents: (number | NodeJS.Signals)[] = []
  readonly #balancer: Balancer
  readonly #places: Place[]
  readonly #env: Env
  /** Instances that were asked to end, or killed. */
  readonly #doomed = new Set<string>()
  #complaints = ''

  constructor(dir: string, places: Place[], balancer: Balancer, links: readonly Link[], env: Env) {
    this.dir = dir
    this.#places = places
    this.#balancer = balancer
    ;[this.toPostgres, this.toBucket] = links as [Link, Link]
    this.#env = env
  }

  /**
   * Makes the tables and starts instances.
   * @param more settings of theirs, beside those that say where everything is
   */
  static async start(ground: Ground, instances: number, more: Env = {}): Promise<Fleet> {
    const dir = await mkdtemp(join(tmpdir(), 'flagging-fleet-'))
    const links = [await Link.to(ground.postgres.port), await Link.to(ground.s3.port)] as const
    const env = {
      DATABASE_URL: `postgres://postgres@127.0.0.1:${links[0].port}/${ground.database}`,
      S3_ENDPOINT: `http://127.0.0.1:${links[1].port}`,
      S3_BUCKET: ground.bucket,
      AWS_ACCESS_KEY_ID: ground.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ground.credentials.secretAccessKey,
      REVIEW_PASSWORD: 'secret',
      ...more,
    }
    const places: Place[] = Array.from({ length: instances }, (_, index) => ({
      dir: join(dir, String(index)),
      label: `app-${index}`,
      started: 0,
      instance: undefined,
    }))
    const balancer = await startBalancer(0, () => portsOf(places))
    const fleet = new Fleet(dir, places, balancer, links, env)
    try {
      await migrate(env)
      await fleet.reviveAll()
      return fleet
    } catch (error) {
      await fleet.clear()
      throw error
    }
  }

  /** The address of the balancer. */
  get url(): string {
    return this.#balancer.url
  }

  /** The ports of the instances that are there. */
  get ports(): readonly number[] {
    return portsOf(this.#places)
  }

  /** What instances have said on stderr, also those that are gone. */
  get complaints(): string {
    const said = this.#places.map(({ instance }) => instance?.complaints() ?? '')
    return [this.#complaints, ...said].join('')
  }

  /** Whether the instance of a name is there, and nobody is about to end it. */
  isThere(name: string): boolean {
    return this.#places.some(({ instance }) => instance?.name === name) && !this.#doomed.has(name)
  }

  /** Ends the instance of a place. Nothing that it had in memory is left. */
  async kill(index: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const place = this.#place(index)
    const { instance } = place
    if (instance === undefined) throw new Error(`No instance is at ${index}`)
    const death: Death = { since: performance.now(), until: Infinity }
    this.deaths.push(death)
    this.#doomed.add(instance.name)
    instance.signal(signal)
    await instance.gone
    death.until = performance.now()
    this.#forget(place)
  }

  /** Starts the next instance of a place, with the disk of the one before. */
  async revive(index: number): Promise<void> {
    const place = this.#place(index)
    const name = `${place.label}.${place.started++}`
    const instance = await startInstance({ ...this.#env, INSTANCE: name, FLAGGED_DIR: place.dir })
    place.instance = { ...instance, name }
    void instance.gone.then((code) => {
      if (!this.#doomed.has(name)) this.accidents.push(code)
    })
  }

  /** Starts an instance in each place that has none. */
  async reviveAll(): Promise<void> {
    const empty = Array.from(this.#places.keys()).filter(
      (index) => this.#place(index).instance === undefined,
    )
    await Promise.all(empty.map((index) => this.revive(index)))
  }

  /** What lies in outboxes on the disks of instances. */
  async outboxes(): Promise<string[]> {
    const lists = this.#places.map(async ({ dir }) => {
      const outbox = join(dir, '.outbox')
      return existsSync(outbox) ? readdir(outbox) : []
    })
    return (await Promise.all(lists)).flat()
  }

  /** Asks instances to end; gives how each did: 0, or what else it ended with. */
  async end(): Promise<(number | NodeJS.Signals)[]> {
    const there = this.#places.flatMap(({ instance }) => instance ?? [])
    for (const { name, signal } of there) {
      this.#doomed.add(name)
      signal('SIGTERM')
    }
    const codes = await Promise.all(there.map(({ gone }) => gone))
    for (const place of this.#places) this.#forget(place)
    return codes
  }

  /** Takes everything away, whatever its state. */
  async clear(): Promise<void> {
    const there = this.#places.flatMap(({ instance }) => instance ?? [])
    for (const { name, signal } of there) {
      this.#doomed.add(name)
      signal('SIGKILL')
    }
    await Promise.all(there.map(({ gone }) => gone))
    await Promise.all([this.#balancer.close(), this.toPostgres.close(), this.toBucket.close()])
    await rm(this.dir, { recursive: true, force: true })
  }

  #place(index: number): Place {
    const place = this.#places[index]
    if (place === undefined) throw new Error(`There is no place ${index}`)
    return place
  }

  #forget(place: Place): void {
    this.#complaints += place.instance?.complaints() ?? ''
    place.instance = undefined
  }
}

function portsOf(places: readonly Place[]): number[] {
  return places.flatMap(({ instance }) => instance?.port ?? [])
}

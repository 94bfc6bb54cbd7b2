import { setTimeout as delay } from 'node:timers/promises'
import type { Fleet } from './fleet.ts'
import { type Answered, type Kind, ask } from './questions.ts'

const THINKING_MS = 40
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 1500
/** Flags of one client that wait for an answer; with more it only asks. */
const WAITING = 5

/** A flag, and what became of it. */
export interface Flag {
  readonly answer: Answered
  readonly option: string
  readonly comment: string | null
  /** How often somebody was told that it has just been stored. */
  created: number
  /** Whether somebody was told that it is stored. */
  isStored: boolean
  /** How often it was not stored, or nobody knows. */
  failed: number
  /** Whether it was taken back: `maybe` where nobody knows. */
  isTakenBack: boolean | 'maybe'
}

/** A request of the host that failed. */
export interface Failure {
  readonly since: number
  readonly until: number
  readonly what: string
}

/** Clients that ask a fleet, and flag what it answered until they are told that it is stored. */
export class Load {
  readonly flags: Flag[] = []
  readonly failures: Failure[] = []
  /** Answers to flags that were not stored, by status. */
  readonly refusals = new Map<number, number>()
  /** How long answers took until they had ended, in milliseconds. */
  readonly durations: Record<Kind, number[]> = { sum: [], chat: [], picture: [] }
  /** Flags that were stored by way of another instance than the one that answered. */
  passed = 0
  /** Flags that were not found although their holder was there. */
  missed = 0
  readonly #fleet: Fleet
  readonly #random: () => number
  readonly #side: () => number
  readonly #pending = new Set<Promise<void>>()
  readonly #watchers = new Set<() => void>()
  #next = 0
  #isOver = false
  #isGivenUp = false
  #clients: Promise<unknown> = Promise.resolve()

  /**
   * @param random numbers from 0 to 1
   * @param side gives the sides of pictures, in pixels
   */
  constructor(fleet: Fleet, random: () => number, side: () => number = () => 8) {
    this.#fleet = fleet
    this.#random = random
    this.#side = side
  }

  /** How many answers there were. */
  get answers(): number {
    const { sum, chat, picture } = this.durations
    return sum.length + chat.length + picture.length
  }

  /** How many flags are stored, as far as clients know. */
  get acknowledged(): number {
    return this.flags.filter(({ isStored }) => isStored).length
  }

  /** How many flags were taken back, or may have been. */
  get takenBack(): number {
    return this.flags.filter(({ isTakenBack }) => isTakenBack !== false).length
  }

  /** What of the host's failed although no instance was killed at the time. */
  get unexplained(): string[] {
    const { deaths } = this.#fleet
    return this.failures
      .filter((one) => !deaths.some(({ since, until }) => one.since <= until && since <= one.until))
      .map(({ what }) => what)
  }

  /** Lets clients begin. */
  start(clients: number): void {
    this.#clients = Promise.all(Array.from({ length: clients }, () => this.#client()))
  }

  /** Waits for so many more answers. */
  async hears(answers: number): Promise<void> {
    const enough = this.answers + answers
    await this.#until(() => this.answers >= enough)
  }

  /** Waits for so many more flags that are stored. */
  async stores(flags: number): Promise<void> {
    const enough = this.acknowledged + flags
    await this.#until(() => this.acknowledged >= enough)
  }

  /** Lets clients ask no more, and waits until each flag is stored, or cannot be any longer. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#clients
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  /** Lets clients ask no more, and insist on nothing. */
  giveUp(): void {
    this.#isOver = true
    this.#isGivenUp = true
  }

  async #until(isSo: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const watcher = (): void => {
        if (!isSo()) return
        this.#watchers.delete(watcher)
        resolve()
      }
      this.#watchers.add(watcher)
      watcher()
    })
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher()
  }

  async #client(): Promise<void> {
    const waiting = new Set<Promise<void>>()
    while (!this.#isOver) {
      const answer = await this.#ask()
      this.#tell()
      if (answer?.id != null && waiting.size < WAITING && this.#random() < 0.8) {
        const flagged: Promise<void> = this.#flag(answer).finally(() => {
          waiting.delete(flagged)
          this.#pending.delete(flagged)
          this.#tell()
        })
        waiting.add(flagged)
        this.#pending.add(flagged)
      }
      await delay(THINKING_MS)
    }
  }

  async #ask(): Promise<Answered | undefined> {
    const dice = this.#random()
    const kind = dice < 0.55 ? 'sum' : dice < 0.65 ? 'chat' : 'picture'
    const since = performance.now()
    try {
      const answer = await ask(this.#fleet.url, kind, this.#next++, this.#side())
      this.durations[kind].push(performance.now() - since)
      return answer
    } catch (error) {
      this.failures.push({ since, until: performance.now(), what: inWords(error) })
      return undefined
    }
  }

  /** Flags an answer, now and then for two reasons, and now and then as an impatient client does. */
  async #flag(answer: Answered): Promise<void> {
    const dice = this.#random()
    const flags = [this.#note(answer, 'Wrong', dice < 0.3 ? `Comment on ${answer.id}` : null)]
    if (dice > 0.9) flags.push(this.#note(answer, 'Unsafe', null))
    const isImpatient = this.#random() < 0.2
    await Promise.all([...flags, ...(isImpatient ? flags : [])].map((flag) => this.#insist(flag)))
    // Told again, it is the same.
    if (this.#random() < 0.2) await Promise.all(flags.map((flag) => this.#send(flag)))
    // What was asked in vain may still be carried out, and that would come after this.
    const isSimple = flags.every(({ isStored, failed }) => isStored && failed === 0)
    if (isSimple && this.#random() < 0.1) await this.#takeBack(answer, flags)
  }

  /** Takes all flags of an answer back, until somebody says that they are gone, or nobody can. */
  async #takeBack({ id, instance }: Answered, flags: readonly Flag[]): Promise<void> {
    for (const flag of flags) flag.isTakenBack = 'maybe'
    while (!this.#isGivenUp) {
      const { status } = await send('DELETE', `${this.#fleet.url}/flag/${id}`)
      if (status === 200) {
        for (const flag of flags) flag.isTakenBack = true
        return
      }
      if (status === 404 && !this.#fleet.isThere(instance)) return
      await delay(LONGEST_PAUSE_MS * this.#random())
    }
  }

  #note(answer: Answered, option: string, comment: string | null): Flag {
    const flag: Flag = {
      answer,
      option,
      comment,
      created: 0,
      isStored: false,
      failed: 0,
      isTakenBack: false,
    }
    this.flags.push(flag)
    return flag
  }

  async #insist(flag: Flag): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const isSettled = await this.#send(flag)
      if (isSettled || this.#isGivenUp) return
      await delay(pause * (0.5 + this.#random()))
    }
  }

  /** Sends a flag once; gives whether it is stored, or cannot be any longer. */
  async #send(flag: Flag): Promise<boolean> {
    const { option, comment, answer } = flag
    const body = { id: answer.id, option, ...(comment === null ? {} : { comment }) }
    const { status, instance } = await send('POST', `${this.#fleet.url}/flag`, body)
    if (status === 201 || status === 200) {
      if (status === 201) flag.created++
      if (instance !== answer.instance && !flag.isStored) this.passed++
      flag.isStored = true
      this.#tell()
      return true
    }
    flag.failed++
    this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1)
    if (status !== 404) return false
    if (!this.#fleet.isThere(answer.instance)) return true
    this.missed++
    return false
  }
}

/** Sends something; a status of 0 says that the connection broke. */
async function send(
  method: string,
  url: string,
  body?: unknown,
): Promise<{ status: number; instance: string }> {
  try {
    const response = await fetch(url, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
    await response.arrayBuffer()
    return { status: response.status, instance: response.headers.get('Instance') ?? '' }
  } catch {
    return { status: 0, instance: '' }
  }
}

function inWords(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}

import type { FlaggingStats } from '@flagging/core'

/** How a child's host is flagged; `bare` is the control, without us. */
export type Flagged = 'bare' | 'manual' | 'auto'

/** What a child process is started with. */
export interface HostJob {
  readonly flagged: Flagged
  /** Options of the flagging beside its mode and folder. */
  readonly options: Record<string, unknown>
  /** `csv` stores; `count` only counts; `stuck` never settles. */
  readonly callback: 'csv' | 'count' | 'stuck'
  /** The child's own temporary directory, in which its flagged directory lies as well. */
  readonly scratch: string
}

/** What a child holds once its garbage is collected. Files, threads: -1 where the system tells none. */
export interface Reading {
  /** Bytes on the heap and of buffers. */
  readonly heap: number
  readonly rss: number
  /** The largest `rss` so far. */
  readonly peak: number
  readonly descriptors: number
  /** Open files that have no name any longer. */
  readonly unnamed: number
  readonly threads: number
  readonly timers: number
  /** What keeps the process alive, by kind. */
  readonly resources: Readonly<Record<string, number>>
  /** Listeners of the process and of the server, by event. */
  readonly listeners: Readonly<Record<string, number>>
  /** What lies in its temporary directory, besides what was stored. */
  readonly temporary: readonly string[]
  /** Requests that the collector has not taken. */
  readonly requests: number
  /** Milliseconds of CPU time, all threads. */
  readonly cpu: number
}

/** What has become of the streams that handlers answered with. */
export interface SourceCount {
  /** Bytes asked of all of them. */
  readonly produced: number
  readonly opened: number
  /** Those that were ended or cancelled. */
  readonly over: number
  /** Bytes of answers that lie in the process, not yet taken by the system. */
  readonly queued: number
  /** Bytes of requests that came in. */
  readonly received: number
}

/** What must not happen, whatever clients do. */
export interface Faults {
  /** Unhandled rejections, uncaught exceptions and warnings, in words. */
  readonly process: readonly string[]
  /** What went to `onError`, its code or in words, and how often. */
  readonly reported: Readonly<Record<string, number>>
}

/** Turns of the child's event loop since it was asked to watch. */
export interface Turns {
  /** Milliseconds of the longest; CPU time of the serving thread where the system tells it. */
  readonly longest: number
  /** Milliseconds of CPU time of all other threads. */
  readonly elsewhere: number
}

/** Questions to a child, and what it answers. */
export interface Questions {
  reading: Reading
  source: SourceCount
  stats: FlaggingStats
  faults: Faults
  turns: Turns
  watchTurns: null
  countPromises: null
  promises: number
  listenersInHandler: Readonly<Record<string, number>>
  /** Answered when no connection is open and nothing of ours is under way. */
  quiet: null
  /** Answered when nothing waits for the callback. */
  stored: null
  /** Closes the flagging; `true` if that said that the callback does not settle. */
  close: boolean
}

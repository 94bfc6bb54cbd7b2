import { useLayoutEffect, useState } from 'preact/hooks'

/** Something that changes, and those who are told of it. */
export interface Store<State> {
  readonly state: State
  /** Replaces parts of the state, and tells everybody. */
  set(change: Partial<State> | ((state: State) => Partial<State>)): void
  /** Gives what ends it. */
  subscribe(listener: (state: State) => void): () => void
}

/** Makes a store. */
export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial
  const listeners = new Set<(state: State) => void>()
  return {
    get state() {
      return state
    },
    set: (change) => {
      state = { ...state, ...(typeof change === 'function' ? change(state) : change) }
      for (const listener of listeners) listener(state)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The state of a store, for a component that is to follow it. */
export function useStore<State>(store: Store<State>): State {
  const [state, follow] = useState(store.state)
  useLayoutEffect(() => {
    follow(store.state)
    return store.subscribe(follow)
  }, [store])
  return state
}

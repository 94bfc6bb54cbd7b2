/** What the runner tells the process that serves the apps. */
export type ToServer =
  | { readonly type: 'start'; readonly probe: string }
  | { readonly type: 'signal'; readonly name: string }
  | { readonly type: 'finish' }

/** What that process tells the runner. */
export type FromServer =
  | { readonly type: 'ready' }
  | { readonly type: 'started'; readonly port: number }
  | { readonly type: 'saw'; readonly what: string; readonly value: unknown }
  | { readonly type: 'fault'; readonly what: string }
  | { readonly type: 'finished'; readonly kept: string | undefined }

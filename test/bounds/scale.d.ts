/** How much a test does: `short` in `npm test`, `long` in `npm run soak`. */
export declare function times<T>(short: T, long: T): T
/** Milliseconds that a test may take; nothing else is judged by the clock. */
export declare const TIMEOUT: number
/** Whether what depends on how busy the machine is may be judged as well. */
export declare const JUDGES_CPU: boolean
/** Bytes. */
export declare const KIB = 1024
/** Bytes. */
export declare const MIB: number

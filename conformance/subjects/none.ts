/** The control: nothing is mounted, so nothing may differ. */
export const name = 'nothing'
export function express(): void {}
export function hono(): void {}

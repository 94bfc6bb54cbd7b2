/** An environment variable. Without a default it has to be there. */
export function setting(name: string, byDefault?: string): string {
  const value = process.env[name] || byDefault
  if (value === undefined) throw new Error(`Set the environment variable ${name}.`)
  return value
}

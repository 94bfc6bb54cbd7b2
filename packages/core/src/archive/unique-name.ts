/**
 * A name that none of those taken is the same as, and takes it: a name that is taken gets ` 2`.
 * @param isTaken whether somebody else has a name by rule
 */
export function uniqueName(
  name: string,
  taken: Set<string>,
  isTaken: (name: string) => boolean = () => false,
): string {
  let unique = name
  for (let count = 2; taken.has(unique) || isTaken(unique); count++) unique = `${name} ${count}`
  taken.add(unique)
  return unique
}

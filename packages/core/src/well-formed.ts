/** Whether a text holds no half of a surrogate pair: only such a text has UTF-8. */
export function isWellFormed(text: string): boolean {
  // Node 20 has the method; the types of ES2023 do not.
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed()
}

/**
 * A style sheet that all elements of a kind share, made when the first one asks for it: a module may
 * be imported where there is no browser. It is made by script, which no content security policy
 * forbids.
 */
export function styleSheet(css: string): () => CSSStyleSheet {
  let made: CSSStyleSheet | undefined
  return () => {
    if (made === undefined) {
      made = new CSSStyleSheet()
      made.replaceSync(css)
    }
    return made
  }
}

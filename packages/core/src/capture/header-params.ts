const PARAM =
  /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"\s*(?=;|$)|"([^"]*)"\s*(?=;|$)|([^;]*))/gy

/**
 * The parameters of a header value such as `form-data; name="a"`, by lower-case name; of repeated ones
 * the first. In quotes, `\"` and `\\` are escapes, as far as that makes sense; other backslashes stay,
 * as in `C:\x.txt`.
 */
export function headerParams(header: string): Map<string, string> {
  const params = new Map<string, string>()
  let at = header.indexOf(';')
  while (at !== -1) {
    PARAM.lastIndex = at
    const match = PARAM.exec(header)
    if (match) {
      const [, name = '', quoted, literal, bare = ''] = match
      const value = quoted?.replace(/\\(["\\])/g, '$1') ?? literal ?? bare.trim()
      if (!params.has(name.toLowerCase())) params.set(name.toLowerCase(), value)
    }
    at = header.indexOf(';', match ? PARAM.lastIndex : at + 1)
  }
  return params
}

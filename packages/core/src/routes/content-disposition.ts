/**
 * The `Content-Disposition` of an answer that browsers save under a name (RFC 6266), with what is
 * beyond ASCII once more in the form of RFC 8187.
 * @param name without control characters, quotes, backslashes, `%` and lone surrogates
 */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const plain = name.replaceAll(/[^ -~]/gu, '_')
  const quoted = `${kind}; filename="${plain}"`
  return plain === name ? quoted : `${quoted}; filename*=UTF-8''${extended(name)}`
}

function extended(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

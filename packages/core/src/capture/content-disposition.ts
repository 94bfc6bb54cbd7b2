import { headerParams } from './header-params.ts'

/** What a part of a form says of itself. */
export interface Disposition {
  /** The field's name; empty where there is none. */
  readonly name: string
  /** `undefined` for a part that is no file. */
  readonly filename: string | undefined
}

/** Reads the `Content-Disposition` of a part as browsers and common clients write it. */
export function parseDisposition(header: string | undefined): Disposition {
  const params = headerParams(header ?? '')
  const extended = params.get('filename*')
  const plain = params.get('filename')
  return {
    name: decodeQuoted(params.get('name') ?? ''),
    filename:
      (extended === undefined ? undefined : decodeExtended(extended)) ??
      (plain === undefined ? extended : decodeQuoted(plain)),
  }
}

const PERCENT: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' }

/** Undoes the three escapes that browsers use; all other percent signs are meant as they are. */
function decodeQuoted(value: string): string {
  return value.replace(/%(?:22|0D|0A)/gi, (escape) => PERCENT[escape.toUpperCase()] as string)
}

/** Decodes `UTF-8''%e2%82%ac` (RFC 5987); `undefined` if it is none. */
function decodeExtended(value: string): string | undefined {
  const [, charset = '', encoded] = /^([\w-]*)'[^']*'(.*)$/s.exec(value) ?? []
  if (encoded === undefined) return undefined
  try {
    const unescaped = encoded.replace(/%[\da-f]{2}/gi, (escape) =>
      String.fromCharCode(parseInt(escape.slice(1), 16)),
    )
    return new TextDecoder(charset || 'utf-8', { fatal: true }).decode(
      Buffer.from(unescaped, 'latin1'),
    )
  } catch {
    return undefined
  }
}

import { randomBytes } from 'node:crypto'
import type { Hall } from '../hall/hall.ts'
import type { RouteAnswer } from './route-request.ts'

/**
 * `GET {path}/review`: the page. Its script and style are let in by a nonce; nothing else is but
 * pictures, audio and video from where the store has its files, and the values that it shows are never
 * taken for HTML.
 */
export async function reviewPage(hall: Hall): Promise<RouteAnswer> {
  const nonce = randomBytes(16).toString('base64url')
  const files = ["'self'", ...(await fileOrigins(hall))].join(' ')
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': [
        "default-src 'none'",
        `script-src 'nonce-${nonce}'`,
        `style-src 'nonce-${nonce}'`,
        `img-src ${files}`,
        `media-src ${files}`,
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ].join('; '),
    },
    body: pageOf(nonce),
  }
}

/** Without them the page shows all but the files: that is better than no page. */
async function fileOrigins(hall: Hall): Promise<readonly string[]> {
  try {
    const origins = (await hall.review.store.fileOrigins?.()) ?? []
    // As origins they can say nothing else in a policy.
    return [...new Set(origins.map((origin) => new URL(origin).origin))]
  } catch (error) {
    hall.report(error)
    return []
  }
}

function pageOf(nonce: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Flagged samples</title>
    <link rel="stylesheet" href="review/page.css" nonce="${nonce}" />
    <script type="module" src="review/page.js" nonce="${nonce}"></script>
  </head>
  <body></body>
</html>
`
}

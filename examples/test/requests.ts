/** Sends JSON. */
export function postJSON(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

/** Sends a file in the field `im`. */
export function postFile(url: string, content: Uint8Array, type = 'image/png'): Promise<Response> {
  const form = new FormData()
  form.set('im', new Blob([Uint8Array.from(content)], { type }), 'picture.png')
  return fetch(url, { method: 'POST', body: form })
}

/** The id under which a response may be flagged. */
export function idOf(response: Response): string {
  const id = response.headers.get('Flagging-Id')
  if (id === null) throw new Error(`No Flagging-Id in a ${response.status} of ${response.url}`)
  return id
}

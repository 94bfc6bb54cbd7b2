const QUOTE = 0x22
/** With fewer characters than these for each quote, a text is copied one by one. */
const DENSE = 16
/** Where a text is put together of which each character is one byte. */
const room = Buffer.alloc(4096)

/** A part of a text that ends at a quote, with one in the place of each of its doubled `quotes`. */
export function withoutDoubled(text: string, from: number, to: number, quotes: number): string {
  const isDense = to - from < DENSE * quotes && to - from <= room.length
  return (isDense ? copied(text, from, to) : undefined) ?? joined(text, from, to)
}

/** Character by character; `undefined` if one takes more than a byte. */
function copied(text: string, from: number, to: number): string | undefined {
  let size = 0
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code > 0xff) return undefined
    room[size++] = code
    if (code === QUOTE) at++
  }
  return room.toString('latin1', 0, size)
}

function joined(text: string, from: number, to: number): string {
  let single = ''
  let at = from
  for (let quote = text.indexOf('"', at); quote < to; quote = text.indexOf('"', at)) {
    single += text.slice(at, quote + 1)
    at = quote + 2
  }
  return single + text.slice(at, to)
}

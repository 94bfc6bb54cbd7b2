import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

/** A real PNG of noise: the same seed gives the same picture, another seed another one. */
export function png(seed: number, side = 8): Buffer {
  const pixels = Buffer.alloc(side * side * 3)
  let state = seed + 1
  for (let at = 0; at < pixels.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    pixels[at] = state >>> 24
  }
  return encode(pixels, side)
}

/** What the sepia host makes of a PNG from here: another PNG of the same size. */
export function sepia(source: Uint8Array): Buffer {
  const bytes = Buffer.from(source)
  const side = bytes.readUInt32BE(16)
  const length = bytes.readUInt32BE(33)
  const rows = inflateSync(bytes.subarray(41, 41 + length))
  const pixels = Buffer.alloc(side * side * 3)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = y * (side * 3 + 1) + 1 + x * 3
      const grey = (rows.readUInt8(at) + rows.readUInt8(at + 1) + rows.readUInt8(at + 2)) / 3
      pixels.set([Math.min(255, grey + 40), grey, Math.max(0, grey - 40)], (y * side + x) * 3)
    }
  }
  return encode(pixels, side)
}

function encode(pixels: Buffer, side: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const rows = Buffer.alloc(side * (side * 3 + 1))
  for (let y = 0; y < side; y++) {
    pixels.copy(rows, y * (side * 3 + 1) + 1, y * side * 3, (y + 1) * side * 3)
  }
  const data = deflateSync(rows, { level: 1 })
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND')])
}

function chunk(name: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(name), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

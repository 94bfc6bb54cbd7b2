import sharp, { type Matrix3x3 } from 'sharp'

const SEPIA: Matrix3x3 = [
  [0.393, 0.769, 0.189],
  [0.349, 0.686, 0.168],
  [0.272, 0.534, 0.131],
]

/** The picture in sepia, as PNG. Rejects if the bytes are no picture. */
export function toSepia(picture: Uint8Array): Promise<Uint8Array> {
  return sharp(picture).autoOrient().toColourspace('srgb').recomb(SEPIA).png().toBuffer()
}

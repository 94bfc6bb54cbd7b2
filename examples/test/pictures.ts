import sharp from 'sharp'

/** A picture of one colour, as PNG. */
export function pictureOf(background: string): Promise<Buffer> {
  return sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toBuffer()
}

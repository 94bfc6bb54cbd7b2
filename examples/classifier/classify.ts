import sharp from 'sharp'

/** How warm and how cool a picture is, from its mean colour. Rejects if the bytes are no picture. */
export async function classify(picture: Uint8Array): Promise<{ warm: number; cool: number }> {
  const pixel = sharp(picture).resize(1, 1, { fit: 'fill' }).toColourspace('srgb').removeAlpha()
  const [red = 0, , blue = 0] = await pixel.raw().toBuffer()
  const warm = Math.round((100 * (red + 1)) / (red + blue + 2))
  return { warm: warm / 100, cool: (100 - warm) / 100 }
}

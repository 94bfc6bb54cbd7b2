/** A real WAV of a tone: 8,000 samples a second, 16 bits, mono. */
export function wav(samples: number): Buffer {
  const bytes = Buffer.alloc(44 + samples * 2)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(8_000, 24)
  bytes.writeUInt32LE(16_000, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(samples * 2, 40)
  for (let at = 0; at < samples; at++) {
    // The pitch rises, so that no two parts are alike.
    bytes.writeInt16LE(Math.round(12_000 * Math.sin(0.05 * at + 1e-6 * at * at)), 44 + at * 2)
  }
  return bytes
}

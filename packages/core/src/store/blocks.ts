/** The size of a block: large enough that a write of it costs little more than its bytes. */
export const BLOCK_BYTES: number = 256 * 1024

/** Blocks that wait to be used again; more of them are left to the garbage collector. */
const MOST_SPARE = 8

const spare: Buffer[] = []

/**
 * A block with whatever was in it before. They are used again because new memory is what costs most
 * of a large body: the kernel clears each page of it, and the collector sees to it late.
 */
export function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
}

/** Gives a block back that nobody reads or writes any longer. Buffers of other sizes are ignored. */
export function giveBlock(block: Buffer): void {
  if (block.length === BLOCK_BYTES && spare.length < MOST_SPARE) spare.push(block)
}

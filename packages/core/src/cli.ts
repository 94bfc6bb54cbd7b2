#!/usr/bin/env node
import { createRequire } from 'node:module'
import { runCommand } from './inspect/command.ts'
import { nodeFileSystem } from './store/node-file-system.ts'

// A cast, since `require` has no types.
const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

// Whoever reads may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

const { stdout, stderr } = process
process.exitCode = await runCommand(process.argv.slice(2), {
  fs: nodeFileSystem,
  stdout,
  stderr,
  version,
  cwd: process.cwd(),
})

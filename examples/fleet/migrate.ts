// Makes the tables, or brings them up to date: once before the instances of a new version start.
import { logger } from './logger.ts'

await logger.migrate()
await logger.close()

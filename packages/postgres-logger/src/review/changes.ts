import type { Query } from '../database/database.ts'

/** How long what was changed is known for sure: whoever has counted earlier counts anew. */
export const CHANGES_MS = 86_400_000

/** Forgets what was changed so long ago that nobody asks for it. */
export async function forgetChanges(query: Query, schema: string): Promise<void> {
  await query(`delete from ${schema}.changes where changed_at < now() - interval '2 days'`)
}

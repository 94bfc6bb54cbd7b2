import type { Database, Query } from '../database/database.ts'
import type { Snapshot } from './snapshot.ts'

/** A dataset, by its numbers. */
export interface DatasetFacts {
  readonly id: number
  readonly folder: string
  readonly samples: number
}

/** What there is at a moment. */
export interface Look {
  readonly snapshot: Snapshot
  /** In the order in which they came. */
  readonly datasets: readonly DatasetFacts[]
}

/** Looks at what there is, without looking at any sample. */
export async function look(query: Query, { schema }: Pick<Database, 'schema'>): Promise<Look> {
  const [found] = await query<{
    seen: string
    at: number
    datasets: readonly (readonly [id: number, folder: string, samples: number])[]
  }>(
    `select pg_current_snapshot()::text as seen,
      (extract(epoch from clock_timestamp()) * 1000)::bigint as at,
      (select coalesce(json_agg(json_build_array(id, folder, samples) order by id), '[]')
        from ${schema}.datasets) as datasets`,
  )
  const { seen = '', at = 0, datasets = [] } = found ?? {}
  return {
    snapshot: { seen, at },
    datasets: datasets.map(([id, folder, samples]) => ({ id, folder, samples })),
  }
}

/** The datasets that a selection is of. */
export function datasetsOf(
  { datasets }: Look,
  dataset: string | undefined,
): readonly DatasetFacts[] {
  return dataset === undefined ? datasets : datasets.filter(({ folder }) => folder === dataset)
}

/** How many samples datasets have. */
export function samplesIn(datasets: readonly DatasetFacts[]): number {
  return datasets.reduce((sum, { samples }) => sum + samples, 0)
}

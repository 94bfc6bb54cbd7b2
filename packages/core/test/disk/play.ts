import { ModelDisk } from './model-disk.ts'
import { Run } from './samples.ts'
import type { Workload } from './workloads.ts'

/** A run on a disk that was prepared and brought to rest. */
export async function prepared({ options = {}, prepare }: Workload): Promise<Run> {
  const before = new Run(new ModelDisk())
  await before.disk.mkdir('/data')
  await prepare?.(before)
  const image = before.disk.image.clone()
  for (const { ino } of image.inodes.values()) image.apply({ kind: 'sync', ino })
  const run = new Run(new ModelDisk(image), {
    sent: before.sent,
    acknowledged: before.acknowledgedAt(Number.POSITIVE_INFINITY),
    removed: before.removed,
    gone: before.removed,
  })
  run.options = options
  return run
}

/** A workload, played to its end. */
export async function played(workload: Workload): Promise<Run> {
  const run = await prepared(workload)
  await workload.play(run)
  return run
}

import type { Report } from './report.ts'
import { say } from './report.ts'
import { run, type Selection, type Verdict } from './run.ts'
import { loadSubject } from './subject.ts'

/**
 * Runs the probes on a subject, and says each verdict as it comes.
 * @param url the address of the subject's module
 */
export async function judge(
  url: string,
  selection: Selection,
  print: (line: string) => void,
): Promise<Report> {
  const { name: subject } = await loadSubject(url)
  print(`\n${subject}`)
  const verdicts: Verdict[] = []
  for await (const verdict of run(url, selection)) {
    verdicts.push(verdict)
    print(`  ${say(verdict)}`)
  }
  const differing = verdicts.filter(({ differences }) => differences.length > 0).length
  print(`  ${verdicts.length - differing} unchanged, ${differing} differ`)
  return { subject, verdicts }
}

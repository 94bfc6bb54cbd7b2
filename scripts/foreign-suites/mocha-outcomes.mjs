// A reporter for mocha of any version that tells the runner how each test came out. It writes to a
// file of its own: there are suites that listen to what is printed.
import { writeFileSync } from 'node:fs'

class Outcomes {
  constructor(runner) {
    const outcomes = []
    const noteAs = (outcome) => (test) => outcomes.push([test.fullTitle(), outcome])
    runner.on('pass', noteAs('passed'))
    runner.on('fail', noteAs('failed'))
    runner.on('pending', noteAs('skipped'))
    runner.on('end', () => {
      writeFileSync(process.env.FOREIGN_SUITES_OUTCOMES, JSON.stringify(outcomes))
    })
  }
}

// What `require` of this module gives.
export { Outcomes as 'module.exports' }

import { describeFlagButton } from '../../../test/browser/flag-button.ts'
import { describeFlagExamples } from '../../../test/browser/flag-examples.ts'
import { doublingApp } from './doubling-app.ts'

describeFlagButton('Hono', doublingApp)
describeFlagExamples('Hono', doublingApp)

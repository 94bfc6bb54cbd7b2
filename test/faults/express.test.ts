import { EXPRESS, expressAdapter } from '../../packages/express-adapter/test/express-host.ts'
import { defineSweep } from './define-sweep.ts'

const [, express5] = EXPRESS.find(([name]) => name === 'Express 5') ?? []

if (express5) {
  defineSweep('Express 5', expressAdapter(express5), {
    isWhole: false,
    isTapWhole: true,
    hit: 'first',
    isSticky: false,
  })
}

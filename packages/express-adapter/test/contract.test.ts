import { times } from '../../../test/bounds/scale.ts'
import { adapterContract } from '../../../test/contract/adapter-contract.ts'
import { EXPRESS, expressAdapter } from './express-host.ts'

for (const [at, [name, express]] of EXPRESS.entries()) {
  adapterContract(name, expressAdapter(express), { isAnother: at > 0 && times(true, false) })
}

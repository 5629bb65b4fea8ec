import { defineConfig, type Plugin } from 'vitest/config'
import { defined } from '../../src/kernel/invariant.ts'
import { PLANTED_BUGS } from './bugs.ts'

/** Changes one source file while it is loaded: the bug whose number is in `PLANTED`. */
function planted(): Plugin {
  const bug = defined(PLANTED_BUGS[Number(process.env['PLANTED'])], 'a planted bug')
  return {
    name: 'planted-bug',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith(`/shared/src/${bug.file}`)) return null
      if (code.split(bug.find).length !== 2)
        throw new Error(`${bug.file} no longer has the place for: ${bug.name}`)
      return code.replace(bug.find, () => bug.put)
    },
  }
}

export default defineConfig({
  plugins: [planted()],
  test: { environment: 'node', include: ['shared/test/**/*.test.ts'], testTimeout: 60_000, root: '.' },
})

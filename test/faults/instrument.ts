/** What is looked at of a node of the syntax tree, as every ESTree parser gives it. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
}

/** Names under which instrumented code finds the switch. */
const REACH = '__flaggingReach'
const AFTER = '__flaggingAfter'

interface Insertion {
  readonly at: number
  readonly text: string
}

/** Where a tree is looked at: the text that it was parsed from, and what has been found so far. */
interface Walk {
  readonly code: string
  readonly file: string
  readonly lineStarts: readonly number[]
  readonly insertions: Insertion[]
}

/**
 * Gives each call, construction, dynamic import and tagged template of a module a site, named
 * `file:line:column (function) callee`, and makes it ask the switch whether to throw there.
 *
 * A call asks with an empty spread as its last argument, after the callee and the arguments have been
 * evaluated and right before the callee would run: `a?.b(c)` becomes `a?.b(c, ...reach(site))`. So
 * `this`, optional chains, `super()`, private names and short circuits stay what they were. What
 * takes no spread asks when its value is there: `import(x)` becomes `after(site, import(x))`.
 * Everything stays on its line.
 * @param program what a parser with TypeScript made of `code`
 * @param switchModule what the code is to import the switch from
 */
export function instrument(
  code: string,
  program: SyntaxNode,
  file: string,
  switchModule: string,
): string {
  const lineStarts = [0]
  for (let at = code.indexOf('\n'); at !== -1; at = code.indexOf('\n', at + 1)) {
    lineStarts.push(at + 1)
  }
  const walk: Walk = { code, file, lineStarts, insertions: [] }
  visit(program, walk, 'module')
  if (walk.insertions.length === 0) return code
  const from = JSON.stringify(switchModule)
  const head = `import { reach as ${REACH}, after as ${AFTER} } from ${from}; `
  return head + inserted(code, walk.insertions)
}

function inserted(code: string, insertions: readonly Insertion[]): string {
  // Of several at one place the one found last belongs to the innermost node: a stable sort keeps
  // what opens in the order of the tree; what closes has been found on the way back.
  const sorted = insertions.toSorted((a, b) => a.at - b.at)
  let result = ''
  let done = 0
  for (const { at, text } of sorted) {
    result += code.slice(done, at) + text
    done = at
  }
  return result + code.slice(done)
}

function visit(node: SyntaxNode, walk: Walk, within: string): void {
  const { type } = node
  const name = nameOf(node, walk)
  const inner = name ?? within
  if (type === 'ImportExpression' || type === 'TaggedTemplateExpression') {
    around(node, walk, inner)
    return
  }
  visitChildren(node, walk, inner)
  if (type === 'CallExpression' || type === 'NewExpression') call(node as Call, walk, inner)
}

function visitChildren(node: SyntaxNode, walk: Walk, within: string): void {
  for (const value of Object.values(node) as unknown[]) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isNode(child)) visit(child, walk, within)
    }
  }
}

interface Call extends SyntaxNode {
  readonly callee: SyntaxNode
  readonly arguments: readonly SyntaxNode[]
}

function call(node: Call, walk: Walk, within: string): void {
  const asks = `...${REACH}(${JSON.stringify(siteOf(node, node.callee, walk, within))})`
  const last = node.arguments.at(-1)
  if (last) walk.insertions.push({ at: last.end, text: `, ${asks}` })
  else if (walk.code[node.end - 1] === ')') walk.insertions.push({ at: node.end - 1, text: asks })
  else walk.insertions.push({ at: node.end, text: `(${asks})` })
}

function around(node: SyntaxNode, walk: Walk, within: string): void {
  const site = JSON.stringify(siteOf(node, node, walk, within))
  walk.insertions.push({ at: node.start, text: `${AFTER}(${site}, ` })
  visitChildren(node, walk, within)
  walk.insertions.push({ at: node.end, text: ')' })
}

function siteOf(node: SyntaxNode, shown: SyntaxNode, { code, ...walk }: Walk, within: string) {
  // The end of a callee is what tells the calls of a chain apart: they all start at its start.
  const at = node === shown ? node.start : shown.end
  const line = walk.lineStarts.findLastIndex((start) => start <= at)
  const column = at - (walk.lineStarts[line] as number)
  const text = code.slice(shown.start, shown.end).replaceAll(/\s+/g, ' ')
  return `${walk.file}:${line + 1}:${column + 1} (${within}) ${text.slice(-48)}`
}

/** The name of a function that is declared, or is the value of something that has a name. */
function nameOf(node: SyntaxNode, { code }: Walk): string | undefined {
  const { type, id, key, value, init } = node as SyntaxNode & Record<string, unknown>
  const named = (of: unknown) =>
    isNode(of) ? code.slice(of.start, of.end).split(':')[0] : undefined
  if (type === 'FunctionDeclaration') return named(id)
  if (type === 'MethodDefinition' && isNode(value)) return named(key)
  if (type === 'VariableDeclarator' && isFunction(init)) return named(id)
  if ((type === 'Property' || type === 'PropertyDefinition') && isFunction(value)) return named(key)
  return undefined
}

function isFunction(value: unknown): boolean {
  return isNode(value) && /^(?:Arrow)?FunctionExpression$/.test(value.type)
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof (value as SyntaxNode | null)?.type === 'string' && 'start' in (value as object)
}

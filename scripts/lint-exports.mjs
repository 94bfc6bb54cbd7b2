// One lint rule that oxlint has not: whatever a module exports says in a JSDoc comment what it is.
const rule = {
  meta: {
    type: 'suggestion',
    messages: { missing: 'Say in a JSDoc comment what this export is.' },
  },
  create(context) {
    return {
      ExportNamedDeclaration(node) {
        if (!node.declaration) return
        const comment = context.sourceCode.getCommentsBefore(node).at(-1)
        if (comment?.type === 'Block' && comment.value.startsWith('*')) return
        context.report({ node: node.declaration.id ?? node.declaration, messageId: 'missing' })
      },
    }
  },
}

export default { meta: { name: 'house' }, rules: { 'document-exports': rule } }

import ts from 'typescript'
import type { SourceFile } from './source-files.ts'

/** The syntax tree of a file. The `typescript` package is version 6: version 7 has no such interface. */
export function parse(file: SourceFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
}

/** Calls `look` for a node and everything below it. */
export function walk(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node)
  node.forEachChild((child) => walk(child, look))
}

/** First and last line, counted from 1. */
export function linesOf(tree: ts.SourceFile, node: ts.Node): { readonly first: number; readonly last: number } {
  const line = (offset: number): number => tree.getLineAndCharacterOfPosition(offset).line + 1
  return { first: line(node.getStart(tree)), last: line(node.getEnd()) }
}

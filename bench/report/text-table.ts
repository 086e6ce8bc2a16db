import { type Column, tableLines } from '../../src/cli/table.ts'

/** Columns of text, the first one left-aligned, the others right-aligned. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((title, i): Column<readonly string[]> => {
    const cell = (row: readonly string[]): string => row[i] ?? ''
    return i === 0 ? { title, cell } : { title, cell, right: true }
  })
  const rule = head.map((title, i) => '-'.repeat(Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0))))
  return tableLines(columns, [rule, ...rows]).join('\n')
}

/** The same as a table of Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

/** Rows in the order of their tree, each with its depth; what has lost its parent comes last. Pure. */
export function inTree<T extends { code: string; parent: string | null; position: number }>(rows: T[]): { row: T; depth: number }[] {
  const out: { row: T; depth: number }[] = [], seen = new Set<string>();
  const walk = (parent: string | null, depth: number) => {
    for (const row of rows.filter((r) => r.parent === parent).sort((a, b) => a.position - b.position || a.code.localeCompare(b.code))) {
      if (seen.has(row.code)) continue;
      seen.add(row.code);
      out.push({ row, depth });
      walk(row.code, depth + 1);
    }
  };
  walk(null, 0);
  return [...out, ...rows.filter((r) => !seen.has(r.code)).map((row) => ({ row, depth: 0 }))];
}

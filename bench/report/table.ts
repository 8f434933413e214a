/** A Markdown table with its columns in line, as oxfmt has it; all but the first and the last to the right. */
export function renderTable(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...lines].map((line) => line[column]?.length ?? 0)),
  );
  const isRight = (column: number): boolean => column > 0 && column < head.length - 1;
  const render = (line: readonly string[]): string => {
    const cells = widths.map((width, column) => {
      const cell = line[column] ?? "";
      return isRight(column) ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${cells.join(" | ")} |`;
  };
  const rule = widths.map((width, column) =>
    isRight(column) ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  return [render(head), `| ${rule.join(" | ")} |`, ...lines.map(render)].join("\n");
}

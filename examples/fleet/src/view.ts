import { styleText } from "node:util";
import { createLogUpdate } from "log-update";
import { figuresOf, tokensInUse, type Sight } from "./picture.ts";

/** What the run looks like from outside. */
export interface View extends Disposable {
  /** Says what is going on from now on. */
  announce(title: string, story: string): void;
}

/** Where it is shown. */
type Output = NodeJS.WritableStream & Partial<Pick<NodeJS.WriteStream, "isTTY" | "columns" | "rows">>;

/** A live picture in a terminal; elsewhere a line each second. */
export function openView(sight: Sight, output: Output): View {
  const startedAt = performance.now();
  const elapsed = (): string => `${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s`;
  const heading = (title: string, story: string): string =>
    `${elapsed()}  ${styleText("bold", title)}: ${story}`;

  if (!output.isTTY) {
    const print = (line: string): void => void output.write(`${line}\n`);
    const timer = setInterval(() => print(`${elapsed()}  ${figuresOf(sight)}`), 1_000);
    return {
      announce: (title, story) => print(heading(title, story)),
      [Symbol.dispose]: () => clearInterval(timer),
    };
  }

  // A terminal that was made by a program may have no size: nothing would fit into it.
  output.columns ||= 80;
  output.rows ||= 24;
  const update = createLogUpdate(output);
  const draw = (): void =>
    update(`\n${elapsed()}  ${figuresOf(sight)}\n        token of each process   ${tokensInUse(sight)}`);
  const timer = setInterval(draw, 100);
  return {
    announce(title, story) {
      update.persist(heading(title, story));
      draw();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      update.clear();
      update.done();
    },
  };
}

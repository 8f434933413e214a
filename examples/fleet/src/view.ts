import { styleText } from "node:util";
import { createLogUpdate } from "log-update";
import { figuresOf, tokensInUse } from "./picture.ts";
import type { Scene } from "./scene.ts";

/** What the run looks like from outside. */
export interface View extends Disposable {
  /** Says what is going on from now on. */
  announce(title: string, story: string): void;
}

/** A live picture in a terminal; elsewhere a line each second. */
export function openView(scene: Scene, output: NodeJS.WriteStream): View {
  const startedAt = performance.now();
  const elapsed = (): string => `${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s`;
  const heading = (title: string, story: string): string =>
    `${elapsed()}  ${styleText("bold", title)}: ${story}`;

  if (!output.isTTY) {
    const print = (line: string): void => void output.write(`${line}\n`);
    const timer = setInterval(() => print(`${elapsed()}  ${figuresOf(scene)}`), 1_000);
    return {
      announce: (title, story) => print(heading(title, story)),
      [Symbol.dispose]: () => clearInterval(timer),
    };
  }

  const update = createLogUpdate(output);
  const draw = (): void =>
    update(`\n${elapsed()}  ${figuresOf(scene)}\n        token of each process   ${tokensInUse(scene)}`);
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

// One round of one suite, in a process of its own: no suite runs on what the compiler learnt from another.

import { scales } from "./harness/scale.ts";
import { suites } from "./suites/index.ts";

const [suite = "", scale = "", order = ""] = process.argv.slice(2);
const run = suites[suite];
if (run === undefined || (scale !== "full" && scale !== "tiny"))
  throw new Error(`no such round: ${suite} ${scale}`);
process.send?.(await run(scales[scale], order === "backward"));
process.disconnect?.();

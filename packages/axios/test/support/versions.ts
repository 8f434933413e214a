import latest from "axios";
import { vi } from "vitest";
import * as forLatest from "../../src/index.ts";

// The adapter takes from Axios what sends its requests: each version has a copy of its own.
vi.doMock("axios", () => import("axios-1-16"));
vi.resetModules();
const { default: oldest } = await import("axios");
const forOldest = await import("../../src/index.ts");

/** The newest Axios and the oldest one supported, each with this package on top. */
export const versions = [
  { axios: latest, ...forLatest },
  { axios: oldest, ...forOldest },
] as const;

export type Version = (typeof versions)[number];

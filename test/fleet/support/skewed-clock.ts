// Sets this process's wall clock, for everything that is loaded after it: Keyv reads Date as well.

const skew = Number(process.env["CLOCK_SKEW"]);
const RealDate = Date;
const now = (): number => RealDate.now() + skew;

globalThis.Date = new Proxy(RealDate, {
  construct: (_, parts: ConstructorParameters<DateConstructor> | []) =>
    parts.length === 0 ? new RealDate(now()) : new RealDate(...parts),
  apply: () => new RealDate(now()).toString(),
  get: (target, name): unknown => (name === "now" ? now : Reflect.get(target, name)),
});

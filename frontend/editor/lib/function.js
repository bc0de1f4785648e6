// Some packages ask for the global object by compiling a line of code, which the page's policy forbids and reports. While
// they load, that one line is answered without compiling anything.

const Real = globalThis.Function;
const answer = (lines) => (lines.length === 1 && /^return this;?$/.test(String(lines[0]).trim()) ? () => globalThis : null);

globalThis.Function = new Proxy(Real, {
  apply: (target, self, lines) => answer(lines) ?? Reflect.apply(target, self, lines),
  construct: (target, lines) => answer(lines) ?? Reflect.construct(target, lines),
});

/** Once they are loaded, all is as it was. */
export function giveBack() {
  globalThis.Function = Real;
}

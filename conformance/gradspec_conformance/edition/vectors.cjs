// Run `gradspec export vectors.jsonl` on an engine in JavaScript, without Python:
//
//   node vectors.cjs vectors.jsonl ./acts.cjs [part of an id]
//
// acts.cjs exports `acts`, from an act's name to a function of its arguments by name
// ({"op:mul": ({x, other}) => ...}), and `array`, from a tensor to {data, shape}; `epsilon` is that of
// its numbers (2 ** -52). What acts lacks is unsupported, and so is an argument that its function does
// not read; it may say so itself by throwing an error with `name = "Unsupported"`. Any other error where
// no clause expects one is a failure.
"use strict";

class Unsupported extends Error {
  name = "Unsupported";
}
class Failed extends Error {}

const isObject = (thing) => thing !== null && typeof thing === "object" && !Array.isArray(thing);
const SPECIAL = { nan: NaN, inf: Infinity, "-inf": -Infinity, "-0.0": -0 };

/** What a value of the file is: numbers and lists are themselves, `$ref` is what an act has made. */
function read(value, made) {
  if (Array.isArray(value)) return value.map((one) => read(one, made));
  if (!isObject(value)) return value;
  if ("$ref" in value) return made.get(value.$ref);
  if ("$float" in value) return SPECIAL[value.$float];
  if ("$tuple" in value) return value.$tuple.map((one) => read(one, made));
  if ("$function" in value && value.slot === "body") return functionOf(value.bodies, made);
  throw new Unsupported(Object.keys(value)[0]);
}

/** A function of the clause's: at its nth call the nth body that was recorded, or else the last. */
function functionOf(bodies, made) {
  let calls = 0;
  return (...given) => {
    const body = bodies[Math.min(calls++, bodies.length - 1)];
    body.given.forEach((name, place) => keep(name, given[place], made));
    run(body.steps, made);
    return read(body.returns, made);
  };
}

/** Give what came out the numbers that the steps after it use. */
function keep(pattern, answer, made) {
  const parts = Array.isArray(pattern) ? pattern : pattern?.$tuple;
  if (parts) parts.forEach((part, place) => keep(part, answer?.[place], made));
  else if (isObject(pattern) && "$ref" in pattern) made.set(pattern.$ref, answer ?? null);
  else if (isObject(pattern)) throw new Unsupported(Object.keys(pattern)[0]);
}

const shapeOf = (list) => (Array.isArray(list) ? [list.length, ...shapeOf(list[0])] : []);
const flat = (list) => (Array.isArray(list) ? list.flat(Infinity) : [list]);
const same = (a, b) => a.length === b.length && a.every((one, place) => one === b[place]);

function numbersOf(found) {
  if (found === null) throw new Failed("there is none");
  if (typeof found === "number") return { data: [found], shape: [] };
  const { data, shape } = engine.array(found);
  return { data: Array.from(data), shape: Array.from(shape) };
}

/** Compare entry by entry, within units in the last place of the largest that is expected. */
function compare(found, expected, ulps, scale) {
  if (typeof expected === "boolean") return found === expected;
  if (expected === null || typeof expected === "string") throw new Unsupported("no number");
  const { data, shape } = numbersOf(found);
  const wanted = flat(expected);
  if (!data.length || !wanted.length) throw new Unsupported("an empty array");
  if (!same(shape, shapeOf(expected))) return false;
  const largest = scale ?? Math.max(0, ...wanted.filter(Number.isFinite).map(Math.abs));
  const room = ulps * (engine.epsilon ?? 2 ** -52) * largest;
  return data.every((one, place) => Object.is(one, wanted[place]) || one === wanted[place]
    || Math.abs(one - wanted[place]) <= room);
}

const CHECKS = {
  equals: (found, expected) => compare(found, expected, 0),
  is_flag: (found, expected) => found === expected,
  is_aliasing: (found, expected) => found === expected,
  is_close: (found, expected, { ulps, scale }) => compare(found, expected, ulps ?? heading.ulps, scale),
  has_shape: (found, expected) => same(numbersOf(found).shape, expected),
  is_present: (found) => found !== null,
  is_none: (found) => found === null,
  is_none_or_zero: (found) => found === null || numbersOf(found).data.every((one) => one === 0),
};

/** Blocks: what is refused need only be refused; of what kind, the engine's own messages say. */
const BLOCKS = {
  refuses: (step, made) => {
    if (!refused(step, made)) throw new Failed("nothing was refused");
  },
  attempt: (step, made) => made.set(step.makes.$ref, !refused(step, made)),
  granted: (step, made) => read(step.with.attempt, made) && run(step.steps, made),
};

function refused(step, made) {
  try {
    run(step.steps, made);
    return false;
  } catch (error) {
    if (error.name === "Unsupported" || error instanceof Failed) throw error;
    return true;
  }
}

function run(steps, made) {
  for (const step of steps) {
    if (step.act === "expect") expect(step.with, made);
    else if (step.act === "define") keep(step.makes, read(step.with.body, made), made);
    else if (step.steps) (BLOCKS[step.act] ?? lacking(step.act))(step, made);
    else {
      const act = engine.acts[step.act] ?? lacking(step.act);
      const given = Object.entries(step.with ?? {}).map(([name, value]) => [name, read(value, made)]);
      const answer = performed(act, Object.fromEntries(given));
      if (step.makes !== undefined) keep(step.makes, answer, made);
    }
  }
}

/** Call an act; one that does not read all that it is given has not understood what is asked. */
function performed(act, given) {
  const unread = new Set(Object.keys(given));
  const watched = new Proxy(given, {
    get: (target, name) => (unread.delete(name), target[name]),
  });
  try {
    return act(watched);
  } finally {
    if (unread.size) lacking([...unread].join(", "));
  }
}

function lacking(name) {
  throw new Unsupported(name);
}

function expect(asked, made) {
  if (asked.or_nan) throw new Unsupported("or_nan");
  const check = CHECKS[asked.check] ?? lacking(asked.check);
  const found = read(asked.found, made);
  const expected = read(asked.expected, made);
  if (!check(found, expected, { ...asked, scale: read(asked.scale, made) })) {
    const seen = found !== null && typeof found === "object" ? engine.array(found).data : found;
    throw new Failed(`${asked.check}: found ${seen}, expected ${JSON.stringify(asked.expected)}`);
  }
}

/** `passed`, `unsupported` or `failed`, and why. */
function judge(line) {
  try {
    line.programs.forEach((steps) => run(steps, new Map()));
    return ["passed", ""];
  } catch (error) {
    if (error.name === "Unsupported") return ["unsupported", error.message];
    return ["failed", error instanceof Failed ? error.message : String(error)];
  }
}

const [file, acts, part = ""] = process.argv.slice(2);
const [top, ...lines] = require("fs").readFileSync(file, "utf8").trim().split("\n");
const heading = JSON.parse(top);
const engine = require(require("path").resolve(acts));
const count = { passed: 0, failed: 0, unsupported: 0 };
for (const line of lines.map((text) => JSON.parse(text)).filter(({ id }) => id.includes(part))) {
  const [verdict, why] = judge(line);
  count[verdict] += 1;
  if (verdict === "failed") console.log(`${line.id} [${line.nature}] ${line.sentence}\n  ${why}`);
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.unsupported} unsupported`);
process.exitCode = count.failed || !count.passed ? 1 : 0;

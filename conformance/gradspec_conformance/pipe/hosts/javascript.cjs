// A host: evaluates the phrases that gradspec sends, one message of JSON a line, and keeps the
// objects they make by number.  It knows no engine, no act and no clause; node runs it as it is.
// docs/wire.md says what each message means.  It is written to be read, and to be translated.

"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");

const VERSION = 1; // of the protocol
const PIECE = 1 << 16; // bytes
const LONGEST = 1 << 28; // bytes of one message

// lines ----------------------------------------------------------------------------------------
// Whatever an engine prints goes to standard error: standard output is the conversation's.
for (const name of ["log", "info", "debug", "dir", "table"]) console[name] = console.error;
const out = 1;
process.stdout.write = process.stderr.write.bind(process.stderr);

const nap = new Int32Array(new SharedArrayBuffer(4));
let heard = []; // pieces of a line that is not whole yet
let ahead = Buffer.alloc(0);

function again(action) {
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // some pipes do not wait by themselves
      Atomics.wait(nap, 0, 0, 1);
    }
  }
}

function readLine() {
  for (;;) {
    const end = ahead.indexOf(10);
    if (end >= 0) {
      heard.push(ahead.subarray(0, end));
      ahead = ahead.subarray(end + 1);
      const line = Buffer.concat(heard).toString("utf8");
      heard = [];
      return line;
    }
    if (ahead.length) heard.push(ahead);
    if (heard.reduce((sum, piece) => sum + piece.length, 0) > LONGEST) process.exit(1);
    const piece = Buffer.alloc(PIECE);
    const size = again(() => fs.readSync(0, piece, 0, PIECE, null));
    if (!size) process.exit(0); // the kit is done
    ahead = piece.subarray(0, size);
  }
}

function say(message) {
  if (unneeded.length) message.release = unneeded.splice(0);
  const line = Buffer.from(JSON.stringify(message) + "\n");
  for (let sent = 0; sent < line.length; ) sent += again(() => fs.writeSync(out, line, sent));
}

function hear() {
  const message = JSON.parse(readLine());
  for (const number of message.release ?? []) objects.delete(number);
  return message;
}

// objects --------------------------------------------------------------------------------------
const objects = new Map(); // number -> what was made, or an error that was raised
const unneeded = []; // numbers of the kit's functions and objects that are no longer held here
const gone = new FinalizationRegistry((number) => unneeded.push(number));
let numbers = 0;

function keep(thing) {
  objects.set(numbers, thing);
  return numbers++;
}

function kept(number) {
  if (!objects.has(number)) throw new ProtocolError(`no object has the number ${number}`);
  return objects.get(number);
}

class ProtocolError extends Error {}

class CallerRaised extends Error {
  constructor(token) {
    super("a function of the caller raised");
    this.token = token;
  }
}

class Plain { // a value of the caller's among handles: an engine passes it on
  constructor(said) {
    this.said = said;
  }
  get value() {
    return read(this.said);
  }
}

class Held { // an object of the caller's: an engine passes it on
  constructor(number) {
    this.number = number;
    gone.register(this, number);
  }
}

// values ---------------------------------------------------------------------------------------
const ODD = { nan: NaN, inf: Infinity, "-inf": -Infinity, "-0.0": -0 };
const TYPED = {
  float64: Float64Array, float32: Float32Array, int64: BigInt64Array, int32: Int32Array,
  int16: Int16Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array,
};

function readArray({ $array: text, dtype, shape }) {
  const Type = TYPED[dtype];
  if (!Type) throw new TypeError(`JavaScript has no array of ${dtype}`);
  const bytes = Buffer.from(text, "base64");
  const entries = new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const data = { int64: () => Float64Array.from(entries, Number), bool: () => Array.from(entries, Boolean) };
  return { data: data[dtype]?.() ?? entries, dtype, shape };
}

function read(said) {
  if (said === null || typeof said !== "object") return said;
  if (Array.isArray(said)) return said.map(read);
  const [key] = Object.keys(said);
  switch (key) {
    case "$float": return ODD[said.$float];
    case "$ref": return kept(said.$ref);
    case "$array": return readArray(said);
    case "$tuple": return said.$tuple.map(read);
    case "$dict": case "$mapping":
      return Object.fromEntries(said[key].map(([name, value]) => [read(name), read(value)]));
    case "$slice": return new Slice(...said.$slice.map(read));
    case "$ellipsis": return "...";
    case "$plain": return new Plain(said.$plain);
    case "$held": return new Held(said.$held);
    case "$function": return caller(said);
  }
  throw new ProtocolError(`unknown value ${JSON.stringify(said).slice(0, 80)}`);
}

class Slice {
  constructor(start, stop, step) {
    Object.assign(this, { start, stop, step });
  }
}

function write(value) { // a plain value
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number") {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    return { $float: Object.is(value, -0) ? "-0.0" : { NaN: "nan", Infinity: "inf" }[value] ?? "-inf" };
  }
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (ArrayBuffer.isView(value)) return Array.from(value, write);
  if (Array.isArray(value)) return value.map(write);
  return { $ref: keep(value), kind: "value" }; // no plain value: the kit judges it
}

function shapeOf(value) {
  return Array.isArray(value) || ArrayBuffer.isView(value)
    ? [value.length, ...(value.length ? shapeOf(value[0]) : [])] : [];
}

function writeArray(value) { // {data, shape, dtype?}, a typed array, nested lists, or a number
  const whole = value !== null && typeof value === "object" && "data" in value ? value : { data: value };
  const { data, shape = shapeOf(data) } = whole;
  const flat = ArrayBuffer.isView(data) ? data : [data].flat(Infinity);
  if (!ArrayBuffer.isView(data) && !flat.every((one) => ["number", "boolean"].includes(typeof one)))
    return write(value);
  const is = flat.length && typeof flat[0] === "boolean" ? "bool" : "float64";
  const dtype = whole.dtype ?? Object.keys(TYPED).find((n) => data instanceof TYPED[n]) ?? is;
  const Type = TYPED[dtype];
  if (!Type) throw new TypeError(`JavaScript has no array of ${dtype}`);
  const size = shape.reduce((product, one) => product * one, 1);
  if (flat.length !== size) throw new TypeError(`${flat.length} entries are no array of shape [${shape}]`);
  const typed = dtype === "int64" ? BigInt64Array.from(flat, BigInt) : Type.from(flat);
  const bytes = Buffer.from(typed.buffer, typed.byteOffset, typed.byteLength);
  return { $array: bytes.toString("base64"), dtype, shape: [...shape] };
}

function writeHandles(value) { // a structure: handles at its leaves
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return { $tuple: value.map(writeHandles) };
  if (value instanceof Held) return { $held: value.number };
  if (value instanceof Plain) return { $plain: value.said };
  if (Object.getPrototypeOf(value) === Object.prototype)
    return { $dict: Object.entries(value).map(([name, one]) => [name, writeHandles(one)]) };
  return { $ref: keep(value) };
}

const ANSWER = {
  nothing: () => null,
  value: write,
  array: writeArray,
  handles: writeHandles,
  handle: (value) => (value === undefined || value === null ? null : { $ref: keep(value) }),
};

// functions of the caller ----------------------------------------------------------------------
function caller({ $function: number, first, rest }) {
  const held = new Held(number);
  return (...given) => {
    const kind = (place) => (place < first.length ? first[place] : rest || "structure");
    const told = given.map((one, place) =>
      kind(place) === "plain" ? { $plain: one instanceof Plain ? one.said : write(one) }
      : kind(place) === "context" ? ANSWER.handle(one) : writeHandles(one));
    say({ callback: held.number, arguments: told });
    for (;;) {
      const message = hear();
      if ("return" in message) return read(message.return);
      if ("raise" in message) throw raised(message.raise);
      if (answer(message) instanceof Promise)
        throw new TypeError("a phrase waited for something inside of a caller's function");
    }
  };
}

function raised(told) {
  return "engine" in told ? kept(told.engine) : new CallerRaised(told.caller);
}

// messages -------------------------------------------------------------------------------------
globalThis.host = { // what phrases may use, and require
  list({ data, shape }) { // nested lists; a number, if there is no dimension
    const entries = Array.from(data);
    if (!shape.length) return entries[0];
    return shape.slice(1).reduceRight(
      (rows, size) => Array.from({ length: size ? rows.length / size : 0 },
        (_, n) => rows.slice(n * size, (n + 1) * size)), entries);
  },
  number: ({ data }) => Number(data[0]),
  Slice, Plain, Held,
};
const phrases = new Map();
const Later = (async () => {}).constructor;
let folder = process.cwd();

function compiled({ run, phrase }) {
  if (phrase) phrases.set(run, new Function(...phrase.parameters, phrase.text));
  if (!phrases.has(run)) throw new ProtocolError(`no phrase has the number ${run}`);
  return phrases.get(run);
}

function prepare({ setup, folders }) { // statements; what they assign without const is seen by all
  const places = [...folders, process.cwd()].map((one) => createRequire(path.join(one, "_")));
  const needed = (name) => {
    for (const require of places) {
      try {
        return require(require.resolve(name));
      } catch (error) {
        if (error.code !== "MODULE_NOT_FOUND" || !String(error.message).includes(`'${name}'`)) throw error;
      }
    }
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: "MODULE_NOT_FOUND", module: name });
  };
  globalThis.require = needed;
  return new Later(setup)();
}

function check({ check: all }) { // compile, and say what is wrong with each
  return all.map(({ parameters, text }) => {
    try {
      new Function(...parameters, text);
      return null;
    } catch (error) {
      return String(error.message);
    }
  });
}

function perform(message) {
  if ("run" in message) return [compiled(message)(...message.with.map(read)), ANSWER[message.gives]];
  if ("check" in message) return [check(message), (value) => value];
  if ("setup" in message) return [prepare(message), ANSWER.nothing];
  if ("leave" in message) {
    const mode = read(message.leave);
    return [typeof mode === "function" ? mode() : mode?.leave?.(), ANSWER.nothing];
  }
  throw new ProtocolError(`unknown message ${JSON.stringify(message).slice(0, 80)}`);
}

function told(error) {
  if (error instanceof CallerRaised) return { raise: { callback: error.token } };
  const thrown = error instanceof Error;
  const place = thrown && /\(?([^\s()]+:\d+):\d+\)?$/m.exec(String(error.stack).split("\n    at ")[1] ?? "");
  return { raise: {
    type: thrown ? error.name || error.constructor.name : typeof error,
    message: String(thrown ? error.message : error),
    code: thrown && typeof error.code === "string" ? error.code : null,
    number: keep(error),
    place: place ? place[1] : null,
  } };
}

function answer(message) {
  const re = message.id;
  const returned = (as) => (value) => say({ re, return: as(value) });
  const failed = (error) => say({ re, ...told(error) });
  try {
    const [value, as] = perform(message);
    if (value instanceof Promise) return value.then(returned(as)).catch(failed);
    returned(as)(value);
  } catch (error) {
    failed(error);
  }
  return null;
}

(async () => {
  say({ host: { protocol: VERSION, language: "javascript", version: `node ${process.version}` } });
  for (;;) await answer(hear());
})();

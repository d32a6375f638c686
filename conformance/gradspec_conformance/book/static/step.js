"use strict";
// Shows the state after the first `at` events of the trace; going back is showing fewer.
const steps = JSON.parse(document.getElementById("steps").textContent);
const $ = (id) => document.getElementById(id);
const lines = [...document.querySelectorAll(".line")];
const SAID = { record: "is recorded", save: "saves", version: "is written: version", visit: "is visited with the cotangent", send: "receives", accumulate: "adds to .grad, which is now", free: "lets go of what it saved" };
let at = 0, timer = null;
$("slider").max = steps.length;
function show(to) {
  at = Math.max(0, Math.min(steps.length, to));
  $("slider").value = at;
  const nodes = new Map();
  for (const step of steps.slice(0, at)) {
    if (step.what === "record") nodes.set(step.node, { name: step.name, saved: [], arrived: [], grad: step.value === null ? "" : "None", value: step.value });
    const node = nodes.get(step.node);
    if (!node) continue;
    if (step.what === "save") node.saved.push(step.value ?? "its own");
    if (step.what === "free") node.saved = ["freed"];
    if (step.what === "send") node.arrived.push(step.value);
    if (step.what === "visit") node.arrived = [step.value];
    if (step.what === "accumulate") { node.grad = step.value; node.arrived = []; }
  }
  const now = steps[at - 1];
  for (const box of document.querySelectorAll("#graph .node")) {
    box.style.visibility = nodes.has(Number(box.id.slice(1))) ? "visible" : "hidden";
    box.classList.toggle("now", Boolean(now) && box.id === `n${now.node}`);
  }
  for (const edge of document.querySelectorAll("#graph .edge")) {
    edge.style.visibility = nodes.has(Number(edge.id.slice(1).split("-")[0])) ? "visible" : "hidden";
  }
  lines.forEach((line, place) => line.classList.toggle("now", Boolean(now) && place === now.line));
  $("told").textContent = now ? `${at} of ${steps.length}: ${now.name} ${SAID[now.what]} ${now.what === "record" || now.what === "free" ? "" : now.value ?? "nothing"}` : `0 of ${steps.length}: nothing has run yet.`;
  $("values").replaceChildren(...[...nodes.values()].map((node) => {
    const row = document.createElement("tr");
    const name = node.value === null ? node.name : `${node.name} of ${node.value}`;
    for (const text of [name, node.saved.join(", "), node.arrived.join(" + "), node.grad]) row.insertCell().textContent = text;
    return row;
  }));
  history.replaceState(null, "", `#${at}`);
}
function stop() { clearInterval(timer); timer = null; $("play").textContent = "Play"; }
$("on").onclick = () => show(at + 1);
$("back").onclick = () => show(at - 1);
$("slider").oninput = () => show(Number($("slider").value));
$("play").onclick = () => {
  if (timer) return stop();
  $("play").textContent = "Stop";
  timer = setInterval(() => (at < steps.length ? show(at + 1) : stop()), Number($("speed").value));
};
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select")) return;
  if (event.key === "ArrowRight") show(at + 1);
  if (event.key === "ArrowLeft") show(at - 1);
});
show(Number(location.hash.slice(1)) || 0);

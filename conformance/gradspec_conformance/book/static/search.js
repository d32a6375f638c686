"use strict";
// The ranking of `gradspec search` (gradspec_conformance.edition.search), over the same texts.
const { entries, texts, saturation, length, asked, later, stop, count, mean, having } = window.GRADSPEC;
const STOP = new Set(stop);
const ENDINGS = /(?<=\w{3})(?:ions?|ings?|ed|es|e|(?<!s)s)$/;
function wordsOf(text) {
  const found = [];
  for (const word of text.toLowerCase().replace(/\bin[ -]place/g, "inplace").match(/[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*|\d+/g) || []) {
    const parts = word.split(/[_-]/);
    if (parts.length > 1) found.push(word);
    for (const part of parts) if (!STOP.has(part)) found.push(part.replace(ENDINGS, ""));
  }
  return found;
}
const rarity = (word) => Math.log(1 + (count - (having[word] || 0) + 0.5) / ((having[word] || 0) + 0.5));
const sum = (words) => words.reduce((total, word) => total + rarity(word), 0);
function score(query, words) {
  const common = query.filter((word) => words[word]);
  if (!common.length) return 0;
  const total = Object.values(words).reduce((a, b) => a + b, 0);
  const long = 1 - length + (length * total) / mean;
  const found = common.reduce((s, w) => s + (rarity(w) * words[w] * (saturation + 1)) / (words[w] + saturation * long), 0);
  const shared = sum(common);
  return found * (shared / sum(query) + shared / sum(Object.keys(words)));
}
function search(text) {
  const query = [...new Set(wordsOf(text))].filter((word) => having[word]);
  const total = new Map(), best = new Map();
  for (const { w, c, question } of texts) {
    const one = score(query, w);
    if (!question) total.set(c[0], one);
    else c.forEach((id, place) => best.set(id, Math.max(best.get(id) || 0, asked * one * later ** place)));
  }
  const all = (id) => total.get(id) + (best.get(id) || 0);
  const named = (id) => (entries[id][1].includes(text.trim()) ? 1 : 0);
  return [...total.keys()].filter((id) => all(id) > 0).sort((a, b) => named(b) - named(a) || all(b) - all(a)).slice(0, 12);
}
const box = document.getElementById("q");
const list = document.getElementById("found");
function show() {
  list.replaceChildren(...search(box.value).map((id) => {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = `${id}.html`;
    link.textContent = id;
    item.append(link, ` ${entries[id][0]}`);
    return item;
  }));
}
document.querySelector("main form").addEventListener("submit", (event) => { event.preventDefault(); show(); });
box.addEventListener("input", show);
box.value = new URLSearchParams(location.search).get("q") || "";
show();
box.focus();

"use strict";
// Sections of programs become tabs; without this script they stand one below the other.
let made = 0;
for (const tabs of document.querySelectorAll(".tabs")) {
  const sections = [...tabs.querySelectorAll(".tab")];
  const list = document.createElement("div");
  list.className = "tablist";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "The program in");
  const buttons = sections.map((section, place) => {
    const button = document.createElement("button");
    const id = `tab-${made++}`;
    button.id = id;
    button.type = "button";
    button.textContent = section.dataset.name;
    button.setAttribute("role", "tab");
    section.id = `${id}-panel`;
    section.setAttribute("role", "tabpanel");
    section.setAttribute("aria-labelledby", id);
    button.setAttribute("aria-controls", section.id);
    button.addEventListener("click", () => choose(place));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (place + step + buttons.length) % buttons.length;
      choose(next);
      buttons[next].focus();
    });
    list.append(button);
    return button;
  });
  const choose = (chosen) => {
    sections.forEach((section, place) => { section.hidden = place !== chosen; });
    buttons.forEach((button, place) => {
      button.setAttribute("aria-selected", String(place === chosen));
      button.tabIndex = place === chosen ? 0 : -1;
    });
  };
  tabs.classList.add("live");
  tabs.prepend(list);
  choose(0);
}

// The tags that every picture shown must carry, or must not: chips below the search field.

import { element } from "./cards.js";

export class Filters {
  #chosen = new Map(); // label -> "tags" or "without"
  #chips;
  #shown = {}; // label -> the name that people are shown, where it is another
  #changed;

  // `changed` is called after each change a person makes.
  constructor(chips, changed) {
    this.#chips = chips;
    this.#changed = changed;
  }

  name(shown) {
    this.#shown = shown;
    this.#show();
  }

  // Pairs of field and label, as the service takes them.
  get fields() {
    return [...this.#chosen].map(([label, field]) => [field, label]);
  }

  set(label, field = "tags") {
    this.#chosen.set(label, field);
    this.#show();
    this.#changed();
  }

  #remove(label) {
    this.#chosen.delete(label);
    this.#show();
    this.#changed();
  }

  #show() {
    this.#chips.replaceChildren(...[...this.#chosen].map(([label, field]) => this.#chip(label, field)));
  }

  #chip(label, field) {
    const isWithout = field === "without";
    const word = isWithout ? "without" : "with";
    const turn = element("button", {
      className: "turn", type: "button", text: `${word} ${this.#shown[label] ?? label}`,
      title: `press to show only pictures ${isWithout ? "with" : "without"} it`,
      onclick: () => this.set(label, isWithout ? "tags" : "without"),
    });
    const remove = element("button", {
      className: "remove", type: "button", text: "×", title: "remove this filter",
      onclick: () => this.#remove(label),
    });
    remove.setAttribute("aria-label", `Remove the filter ${word} ${this.#shown[label] ?? label}`);
    return element("li", { className: isWithout ? "filter without" : "filter" }, turn, remove);
  }
}

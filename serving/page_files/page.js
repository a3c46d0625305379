// The page: gathers one query at a time, asks the service, shows the cards.

import { detailTag, element, namesOf, paintHeat, resultCard, tagRow, wipe } from "./cards.js";
import { Sketch } from "./sketch.js";

const LIVE_DELAY_MS = 500;
const at = (id) => document.getElementById(id);
const filters = new Map(); // label -> "tags" or "without"
let lastQuery = null; // { field, value, name } of the search that is shown
let turn = 0; // only the newest answer is shown
let tagTurn = 0;

function tell(text, isFault = false) {
  at("status").textContent = text;
  at("status").classList.toggle("fault", isFault);
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The service does not answer. Is it still running?");
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    const error = body?.error;
    throw new Error(error ? `${error.message} ${error.hint}` : `The service answered ${response.status}.`);
  }
  return body;
}

async function search(query) {
  lastQuery = query;
  const mine = ++turn;
  const form = new FormData();
  if (query.field === "text") form.append("text", query.value);
  else form.append(query.field, query.value, query.name);
  form.append("k", at("count").value);
  for (const [label, field] of filters) form.append(field, label);
  document.body.classList.add("busy");
  try {
    const began = performance.now();
    const answer = await ask("/v1/search", { method: "POST", body: form });
    if (mine === turn) show(answer.results, performance.now() - began);
  } catch (fault) {
    if (mine === turn) tell(fault.message, true);
  } finally {
    if (mine === turn) document.body.classList.remove("busy");
  }
}

function show(results, took) {
  at("results").replaceChildren(...results.map((result) => resultCard(result, () => open(result))));
  const count = results.length === 1 ? "1 picture" : `${results.length} pictures`;
  tell(results.length ? `${count} in ${Math.round(took)} ms` : "No picture passes the filters.");
}

function searchAgain() {
  if (lastQuery) search(lastQuery);
}

// --- one picture, large ---------------------------------------------------

function open(result) {
  at("detail-image").src = result.image_url;
  at("detail-image").alt = namesOf(result);
  at("detail-title").textContent = result.id;
  const relevance = result.relevance === null ? "" : `relevance ${result.relevance.toFixed(2)}, `;
  at("detail-score").textContent = `${relevance}cosine ${result.score.toFixed(4)}`;
  at("detail-tags").replaceChildren(
    ...result.tags.map((tag) => detailTag(tag, () => {
      at("detail").close();
      addFilter(tag.label);
    })),
  );
  at("more").onclick = async () => {
    at("detail").close();
    const picture = await fetch(result.image_url);
    usePicture(new File([await picture.blob()], "picture.jpg"));
  };
  at("detail").showModal();
}

// --- pictures of the user's own -------------------------------------------

function usePicture(file) {
  openPanel("picture");
  URL.revokeObjectURL(at("picked").src);
  at("picked").src = URL.createObjectURL(file);
  wipe(at("heat"));
  search({ field: "image", value: file, name: file.name || "picture" });
  tag(file);
}

async function tag(file) {
  const mine = ++tagTurn;
  const form = new FormData();
  form.append("image", file, file.name || "picture");
  try {
    const answer = await ask("/v1/tag?top_k=12&evidence=true", { method: "POST", body: form });
    if (mine !== tagTurn) return;
    at("tags").replaceChildren(
      ...answer.tags.map((each) => tagRow(
        each,
        () => each.evidence && paintHeat(at("heat"), each.evidence),
        () => wipe(at("heat")),
      )),
    );
    at("evidence-note").hidden = !answer.tags.some((each) => each.evidence);
    at("tagged").hidden = false;
  } catch (fault) {
    if (mine !== tagTurn) return;
    at("tagged").hidden = true;
    tell(fault.message, true);
  }
}

function acceptDrops() {
  const drop = at("drop");
  const files = (event) => [...(event.dataTransfer?.files ?? [])];
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    openPanel("picture");
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (files(event).length) usePicture(files(event)[0]);
  });
  document.addEventListener("paste", (event) => {
    const [file] = [...(event.clipboardData?.files ?? [])];
    if (file) usePicture(file);
  });
}

// --- sketches ---------------------------------------------------------------

let waiting = 0;
const sketch = new Sketch(at("sketch"), () => {
  for (const id of ["sketch-search", "undo", "clear"]) at(id).disabled = sketch.isEmpty;
  clearTimeout(waiting);
  if (at("live").checked && !sketch.isEmpty) waiting = setTimeout(searchSketch, LIVE_DELAY_MS);
});

async function searchSketch() {
  clearTimeout(waiting);
  search({ field: "sketch", value: await sketch.blob(), name: "sketch.png" });
}

// --- filters ------------------------------------------------------------------

function addFilter(label) {
  filters.set(label, "tags");
  showFilters();
  searchAgain();
}

function showFilters() {
  const chips = [...filters].map(([label, field]) => {
    const isWithout = field === "without";
    const turnOver = () => {
      // with → without → gone
      if (isWithout) filters.delete(label);
      else filters.set(label, "without");
      showFilters();
      searchAgain();
    };
    const chip = element("button", {
      className: isWithout ? "chip without" : "chip", type: "button", text: label, onclick: turnOver,
      title: isWithout ? "left out; press to remove the filter" : "needed; press to leave out instead",
    });
    chip.setAttribute("aria-label", `${isWithout ? "without" : "with"} ${label}`);
    return element("li", {}, chip);
  });
  at("chips").replaceChildren(...chips);
}

function takeFilter() {
  const given = at("filter").value.trim().toLowerCase();
  const option = [...at("labels").options].find((each) => each.value.toLowerCase() === given);
  if (!option) return;
  at("filter").value = "";
  addFilter(option.value);
}

// --- the rest -----------------------------------------------------------------

function openPanel(name) {
  for (const each of ["picture", "sketch"]) {
    at(`${each}-panel`).hidden = each !== name;
    at(`open-${each}`).setAttribute("aria-expanded", String(each === name));
  }
}

function togglePanel(name) {
  openPanel(at(`${name}-panel`).hidden ? name : null);
}

async function introduce() {
  const card = await ask("/v1/model");
  at("card-line").textContent =
    `${card.name} · ${card.num_pictures.toLocaleString()} pictures · ${card.num_labels} tags · version ${card.version}`;
  at("labels").replaceChildren(...card.labels.map((label) => element("option", { value: label })));
  at("attribution").textContent = card.extra.attribution ?? "";
  if (!lastQuery && card.labels.length) tell(`Try “${card.labels[0]}”, or draw it.`);
}

at("text-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (text) search({ field: "text", value: text });
});
at("open-picture").addEventListener("click", () => togglePanel("picture"));
at("open-sketch").addEventListener("click", () => togglePanel("sketch"));
at("file").addEventListener("change", (event) => {
  if (event.target.files.length) usePicture(event.target.files[0]);
});
at("sketch-file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) search({ field: "sketch", value: file, name: file.name });
});
at("sketch-search").addEventListener("click", searchSketch);
at("undo").addEventListener("click", () => sketch.undo());
at("clear").addEventListener("click", () => sketch.clear());
at("filter").addEventListener("change", takeFilter);
at("count").addEventListener("change", searchAgain);
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, textarea, select");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    at("text").focus();
  }
});
acceptDrops();
introduce().catch((fault) => tell(fault.message, true));

// The page: gathers one query at a time, asks the service, shows the cards.
// Without a query it shows the gallery's pictures in their order.

import { detailTag, element, namesOf, paintHeat, resultCard, tagRow, wipe } from "./cards.js";
import { acceptDrops } from "./drops.js";
import { Filters } from "./filters.js";
import { Sketch } from "./sketch.js";

const LIVE_DELAY_MS = 500;
const at = (id) => document.getElementById(id);
const filters = new Filters(at("chips"), again);
let lastQuery = null; // { field, value, name } of the search that is shown; null while browsing
let turn = 0; // only the newest answer is shown
let tagTurn = 0;
const labelOf = new Map(); // every name that people may write, in small letters -> its label

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
  const form = new FormData();
  if (query.field === "text") form.append("text", query.value);
  else {
    form.append(query.field, query.value, query.name);
    at("text").value = "";
  }
  form.append("k", at("count").value);
  for (const [field, label] of filters.fields) form.append(field, label);
  await newest(async () => {
    const began = performance.now();
    const answer = await ask("/v1/search", { method: "POST", body: form });
    return () => {
      show(answer.results);
      at("results").classList.toggle("far", answer.close === false);
      at("further").hidden = true;
      tell(found(answer, performance.now() - began));
    };
  });
}

function found({ results, close }, took) {
  if (!results.length) return "No picture passes the filters.";
  const count = counted(results.length);
  if (close === false) return `Nothing close. These ${count} are the nearest, but nearly every search finds nearer ones.`;
  return `${count} in ${Math.round(took)} ms`;
}

async function browse(start = 0) {
  lastQuery = null;
  const parameters = new URLSearchParams([["start", start], ["k", at("count").value], ...filters.fields]);
  await newest(async () => {
    const { total, pictures } = await ask(`/v1/images?${parameters}`);
    return () => {
      if (start === 0) at("results").replaceChildren();
      at("results").append(...cardsOf(pictures));
      at("results").classList.remove("far");
      const shown = start + pictures.length;
      at("further").hidden = shown >= total;
      at("further").onclick = () => browse(shown);
      tell(total ? `${shown.toLocaleString()} of ${counted(total)}` : "No picture passes the filters.");
    };
  });
}

// Runs `work`, and what it returns, unless another query began meanwhile.
async function newest(work) {
  const mine = ++turn;
  document.body.classList.add("busy");
  try {
    const finish = await work();
    if (mine === turn) finish();
  } catch (fault) {
    if (mine === turn) tell(fault.message, true);
  } finally {
    if (mine === turn) document.body.classList.remove("busy");
  }
}

function counted(number) {
  return number === 1 ? "1 picture" : `${number.toLocaleString()} pictures`;
}

function cardsOf(pictures) {
  return pictures.map((picture) => resultCard(picture, () => open(picture)));
}

function show(pictures) {
  at("results").replaceChildren(...cardsOf(pictures));
}

function again() {
  if (lastQuery) search(lastQuery);
  else browse();
}

// --- one picture, large ---------------------------------------------------

function open(result) {
  at("detail-image").src = result.image_url;
  at("detail-image").alt = namesOf(result);
  at("detail-title").textContent = result.path.split("/").at(-1);
  at("detail-path").textContent = result.path;
  at("detail-score").textContent = scoreOf(result);
  at("original").hidden = result.original_url === null;
  at("original").href = result.original_url ?? "";
  at("detail-tags").replaceChildren(
    ...result.tags.map((tag) => detailTag(tag, () => {
      at("detail").close();
      filters.set(tag.label);
    })),
  );
  at("more").onclick = async () => {
    at("detail").close();
    const picture = await fetch(result.image_url);
    usePicture(new File([await picture.blob()], "picture.jpg"));
  };
  at("detail").showModal();
}

function scoreOf({ score, relevance }) {
  if (score === undefined) return ""; // listed, not searched for
  return `${relevance === null ? "" : `relevance ${relevance.toFixed(2)}, `}cosine ${score.toFixed(4)}`;
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
        answer.calibrated,
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

async function useDrawing(file) {
  try {
    await sketch.lay(file);
  } catch {
    tell(`${file.name} is no picture that this browser can show.`, true);
  }
}

// --- filters ------------------------------------------------------------------

async function takeFilter() {
  const given = at("filter").value.trim();
  at("filter-fault").textContent = "";
  if (!given) return;
  const label = labelOf.get(given.toLowerCase());
  if (label) {
    at("filter").value = "";
    filters.set(label);
    return;
  }
  // The service knows which tags are like it.
  const parameters = new URLSearchParams({ k: 1, tags: given });
  await ask(`/v1/images?${parameters}`).then(
    () => { at("filter").value = ""; filters.set(given); },
    (fault) => { at("filter-fault").textContent = fault.message; },
  );
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
  for (const [label, shown] of Object.entries(card.display)) labelOf.set(shown.toLowerCase(), label);
  for (const label of card.labels) labelOf.set(label.toLowerCase(), label);
  filters.name(card.display);
  at("labels").replaceChildren(
    ...card.labels.map((label) => element("option", { value: card.display[label] ?? label })),
  );
  for (const note of document.querySelectorAll(".uncalibrated")) note.hidden = card.calibrated;
  at("attribution").textContent = card.extra.attribution ?? "";
  const inEnglish = card.text_language === "English" ? ", in English" : "";
  at("text").placeholder = `What should be in the picture${inEnglish}? ${card.labels[0] ? `For example: ${card.labels[0]}` : ""}`;
}

at("text-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (text) search({ field: "text", value: text });
  else browse();
});
// Emptied by its cross, the field shows the gallery again.
at("text").addEventListener("search", () => {
  if (!at("text").value && lastQuery?.field === "text") browse();
});
at("open-picture").addEventListener("click", () => togglePanel("picture"));
at("open-sketch").addEventListener("click", () => togglePanel("sketch"));
at("file").addEventListener("change", (event) => {
  if (event.target.files.length) usePicture(event.target.files[0]);
});
at("sketch-file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) useDrawing(file);
  event.target.value = "";
});
at("sketch-search").addEventListener("click", searchSketch);
at("undo").addEventListener("click", () => sketch.undo());
at("clear").addEventListener("click", () => sketch.clear());
at("filter").addEventListener("change", takeFilter);
at("count").addEventListener("change", again);
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, textarea, select");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    at("text").focus();
  }
});
acceptDrops(at("drop"), () => openPanel("picture"), usePicture);
browse();
introduce().catch((fault) => tell(fault.message, true));

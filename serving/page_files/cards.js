// Turns answers of the service into elements. Text is only ever set as text, never as markup.

export function element(name, { className = "", text = "", ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  if (className) made.className = className;
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

function bar(share) {
  const fill = element("i");
  fill.style.width = `${Math.round(100 * share)}%`;
  return element("span", { className: "bar" }, fill);
}

export function namesOf(result) {
  return result.tags.map((tag) => tag.display).join(", ");
}

export function resultCard(result, open) {
  const labels = namesOf(result);
  const image = element("img", {
    src: result.image_url, alt: labels || result.id, loading: "lazy",
    width: result.width || 1, height: result.height || 1,
  });
  const caption = element("span", { className: "labels" });
  caption.append(labels || element("em", { text: "no tags" }));
  const card = element(
    "button",
    { className: "card", type: "button", onclick: open, title: result.path },
    element("span", { className: "picture" }, image), caption, lastLine(result),
  );
  return element("li", {}, card);
}

// What was searched for has a score; what is listed has its file's name.
function lastLine({ path, score, relevance }) {
  if (score === undefined) return element("span", { className: "file", text: path.split("/").at(-1) });
  const line = element("span", { className: "score", title: "bar: relevance; number: cosine" });
  if (relevance !== null) line.append(bar(relevance));
  line.append(score.toFixed(3));
  return line;
}

function impliedNote(tag) {
  return tag.present && tag.probability < tag.threshold ? "; given, since a tag that implies it is" : "";
}

export function tagRow(tag, calibrated, show, hide) {
  const share = bar(tag.probability);
  const mark = element("b");
  mark.style.left = `calc(${Math.min(100, 100 * tag.threshold)}% - 1px)`;
  share.append(mark);
  const row = element(
    "button",
    {
      type: "button", onmouseenter: show, onfocus: show, onclick: show, onmouseleave: hide, onblur: hide,
      title: `${tag.label}, threshold ${tag.threshold.toFixed(3)}${impliedNote(tag)}`,
    },
    element("span", { className: "name", text: tag.display }),
    share,
    element("span", {
      className: "value",
      text: calibrated ? `${(100 * tag.probability).toFixed(0)} %` : tag.probability.toFixed(2),
    }),
  );
  return element("li", { className: tag.present ? "present" : "" }, row);
}

export function detailTag(tag, filter) {
  const predicted = `predicted, ${tag.probability.toFixed(2)}`;
  const sure = tag.provenance === "predicted" ? predicted : tag.provenance;
  return element(
    "li", {},
    element("button", {
      className: "chip", type: "button", text: tag.display, onclick: filter, title: `${tag.label}, ${sure}: show only these`,
    }),
  );
}

// Paints where a tag was seen: the darker a place, the less it speaks for the tag.
export function paintHeat(canvas, evidence) {
  const { rows, columns, heat, area, box } = evidence;
  const small = new OffscreenCanvas(columns, rows);
  const cells = new ImageData(columns, rows);
  heat.flat().forEach((value, place) => {
    cells.data.set([16, 18, 30, Math.round(190 * (1 - value))], 4 * place);
  });
  small.getContext("2d").putImageData(cells, 0, 0);
  const frame = canvas.getBoundingClientRect();
  canvas.width = frame.width;
  canvas.height = frame.height;
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = "rgb(16 18 30 / 75%)"; // what the encoder does not see
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const inside = [
    area.left * canvas.width, area.top * canvas.height,
    (area.right - area.left) * canvas.width, (area.bottom - area.top) * canvas.height,
  ];
  pen.clearRect(...inside);
  pen.drawImage(small, ...inside);
  pen.strokeStyle = "#ff7a5c";
  pen.lineWidth = 3;
  pen.strokeRect(
    box.left * canvas.width + 2, box.top * canvas.height + 2,
    (box.right - box.left) * canvas.width - 4, (box.bottom - box.top) * canvas.height - 4,
  );
}

export function wipe(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}

// A drawing area: black strokes on white, kept as lists of points so that they can be undone,
// over a drawing from a file if one was laid down.

const PEN_WIDTH = 8;
// What is searched for fills this share of its frame, wherever and however small it was drawn.
const FILLED = 0.72;
const SENT_PEN = 0.027;

export class Sketch {
  #canvas;
  #pen;
  #strokes = [];
  #laid = null; // { file, bitmap }
  #pointer = null;

  // `changed` is called after each finished stroke, undo and clear.
  constructor(canvas, changed) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d");
    this.changed = changed;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#extend(event));
    canvas.addEventListener("pointerup", (event) => this.#end(event));
    canvas.addEventListener("pointercancel", (event) => this.#end(event));
    this.#draw();
  }

  get isEmpty() {
    return this.#strokes.length === 0 && this.#laid === null;
  }

  // Shows a drawing from a file, to be searched for as it is, or drawn on.
  async lay(file) {
    const bitmap = await createImageBitmap(file);
    this.#strokes = [];
    this.#laid = { file, bitmap };
    this.#draw();
    this.changed();
  }

  undo() {
    if (this.#strokes.length) this.#strokes.pop();
    else this.#laid = null;
    this.#draw();
    this.changed();
  }

  clear() {
    this.#strokes = [];
    this.#laid = null;
    this.#draw();
    this.changed();
  }

  blob() {
    if (this.#laid) return this.#blobOfLaid();
    const sent = document.createElement("canvas");
    sent.width = sent.height = this.#canvas.width;
    const pen = sent.getContext("2d");
    paper(pen, sent.width);
    pen.lineWidth = SENT_PEN * sent.width;
    const place = centred(this.#strokes.flat(), sent.width);
    for (const stroke of this.#strokes) line(pen, stroke.map(place));
    return new Promise((resolve) => sent.toBlob(resolve, "image/png"));
  }

  // The file itself as long as nothing was added to it.
  #blobOfLaid() {
    if (!this.#strokes.length) return Promise.resolve(this.#laid.file);
    return new Promise((resolve) => this.#canvas.toBlob(resolve, "image/png"));
  }

  #place(event) {
    const box = this.#canvas.getBoundingClientRect();
    const scale = this.#canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  #begin(event) {
    if (event.button !== 0 || this.#pointer !== null) return;
    event.preventDefault();
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#strokes.push([this.#place(event)]);
    this.#draw();
  }

  #extend(event) {
    if (event.pointerId !== this.#pointer) return;
    // Fast pens report several points at once.
    const events = event.getCoalescedEvents?.() ?? [];
    const stroke = this.#strokes.at(-1);
    stroke.push(...(events.length ? events : [event]).map((each) => this.#place(each)));
    this.#draw();
  }

  #end(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.changed();
  }

  #draw() {
    paper(this.#pen, this.#canvas.width);
    if (this.#laid) this.#pen.drawImage(this.#laid.bitmap, ...fitted(this.#laid.bitmap, this.#canvas.width));
    this.#pen.lineWidth = PEN_WIDTH;
    for (const stroke of this.#strokes) line(this.#pen, stroke);
  }
}

function paper(pen, side) {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = "#000";
  pen.lineCap = pen.lineJoin = "round";
}

function line(pen, [first, ...rest]) {
  pen.beginPath();
  pen.moveTo(...first);
  // A stroke of one point is a dot.
  for (const point of rest.length ? rest : [first]) pen.lineTo(...point);
  pen.stroke();
}

// The place of a whole picture in the middle of a square: left, top, width, height.
function fitted({ width, height }, side) {
  const scale = side / Math.max(width, height);
  return [(side - width * scale) / 2, (side - height * scale) / 2, width * scale, height * scale];
}

// Moves and scales points so that together they fill the middle of a square.
function centred(points, side) {
  const [left, top] = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])));
  const scale = (FILLED * side) / Math.max(right - left, bottom - top, 0.1 * side);
  return ([x, y]) => [
    side / 2 + (x - (left + right) / 2) * scale,
    side / 2 + (y - (top + bottom) / 2) * scale,
  ];
}

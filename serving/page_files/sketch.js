// A drawing area: black strokes on white, kept as lists of points so that they can be undone.

const PEN_WIDTH = 5;

export class Sketch {
  #canvas;
  #pen;
  #strokes = [];
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
    return this.#strokes.length === 0;
  }

  undo() {
    this.#strokes.pop();
    this.#draw();
    this.changed();
  }

  clear() {
    this.#strokes = [];
    this.#draw();
    this.changed();
  }

  blob() {
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
    const pen = this.#pen;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    pen.strokeStyle = "#000";
    pen.lineWidth = PEN_WIDTH;
    pen.lineCap = pen.lineJoin = "round";
    for (const [first, ...rest] of this.#strokes) {
      pen.beginPath();
      pen.moveTo(...first);
      // A stroke of one point is a dot.
      for (const point of rest.length ? rest : [first]) pen.lineTo(...point);
      pen.stroke();
    }
  }
}

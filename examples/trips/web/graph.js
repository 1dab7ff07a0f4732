// Draws the booking of a trip as the graph that its state machine is, with each step as far as it has come.

const SVG = "http://www.w3.org/2000/svg";
const [WIDE, HIGH, ACROSS, DOWN] = [92, 26, 112, 52];

// Where each step stands: its column and its row.
const STEPS = {
  "Book hotel": [0, 0],
  "Book flight": [1, 0],
  "Book car": [2, 0],
  Pay: [3, 0],
  Announce: [4, 0],
  Booked: [5, 0],
  "Cancel hotel": [0, 1],
  "Cancel flight": [1, 1],
  "Cancel car": [2, 1],
  "Write down": [4, 1],
  Undone: [5, 1],
};

// What may follow what.
const WAYS = [
  ["Book hotel", "Book flight"],
  ["Book flight", "Book car"],
  ["Book car", "Pay"],
  ["Pay", "Announce"],
  ["Announce", "Booked"],
  ["Book hotel", "Cancel hotel"],
  ["Book flight", "Cancel flight"],
  ["Book car", "Cancel car"],
  ["Pay", "Cancel car"],
  ["Cancel car", "Cancel flight"],
  ["Cancel flight", "Cancel hotel"],
  ["Cancel hotel", "Write down"],
  ["Write down", "Undone"],
];

/** A drawing of these steps: `[{ name, state }]`, in the order in which they were taken. */
export function graph(steps) {
  const states = new Map(steps.map(({ name, state }) => [name, state]));
  const words = steps.map(({ name, state }) => `${name}: ${state}`).join(", ");
  const drawing = element("svg", { class: "graph", viewBox: `-1 -1 ${5 * ACROSS + WIDE + 2} ${DOWN + HIGH + 20}`, role: "img", "aria-label": words });
  for (const [from, to] of WAYS) drawing.append(way(from, to, states.has(from) && states.has(to)));
  for (const name of Object.keys(STEPS)) drawing.append(...box(name, states.get(name) ?? "none"));
  return drawing;
}

function box(name, state) {
  const [x, y] = place(name);
  const frame = element("rect", { x, y, width: WIDE, height: HIGH, rx: 6, "data-step": name, "data-state": state });
  const text = element("text", { x: x + WIDE / 2, y: y + HIGH / 2 });
  text.textContent = name;
  return [frame, text];
}

function way(from, to, isTaken) {
  const [[x1, y1], [x2, y2]] = [place(from), place(to)];
  let d;
  if (from === "Cancel hotel" && to === "Write down") {
    const below = y1 + HIGH + 14;
    d = `M${x1 + WIDE / 2} ${y1 + HIGH} V${below} H${x2 + WIDE / 2} V${y2 + HIGH}`;
  } else if (y1 === y2) {
    const right = x1 < x2;
    d = `M${x1 + (right ? WIDE : 0)} ${y1 + HIGH / 2} H${x2 + (right ? 0 : WIDE)}`;
  } else {
    d = `M${x1 + WIDE / 2} ${y1 + HIGH} L${x1 === x2 ? x2 + WIDE / 2 : x2 + WIDE} ${x1 === x2 ? y2 : y2 + 4}`;
  }
  return element("path", { d, "data-taken": isTaken });
}

function place(name) {
  const [column, row] = STEPS[name];
  return [column * ACROSS, row * DOWN];
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

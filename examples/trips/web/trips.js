// Books trips and shows what becomes of them. A trip has its id before it is sent, and is sent again until the front
// acknowledges it: what is sent twice is booked once. What was typed stays in this browser, so that no reload loses a trip.

const AGAIN_AFTER_MS = 1000;
const PATIENCE_MS = 10_000;
const KEPT_AS = "trips";

// What the states of a trip are called: sending and refused are this page's, the others the application's.
const WORDS = { sending: "on its way", new: "booked", billed: "confirmed and billed", refused: "not booked" };

const form = document.querySelector("#booking");
const list = document.querySelector("#trips");
const problem = document.querySelector("#problem");

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const trips = JSON.parse(localStorage.getItem(KEPT_AS) ?? "[]");
const lines = new Map();
// Trips that nobody answers.
const waiting = new Set();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
  const empty = ["traveller", "from", "to"].find((name) => !typed[name]);
  if (empty) {
    say("A trip needs a traveller, where it begins, and where it ends.");
    form.elements[empty].focus();
    return;
  }
  const trip = { id: newId(), ...typed, state: "sending" };
  trips.unshift(trip);
  show(trip);
  form.elements.from.value = form.elements.to.value = "";
  form.elements.from.focus();
  follow(trip);
});

for (const trip of trips.toReversed()) {
  show(trip);
  follow(trip);
}

/** Sends a trip until it is acknowledged, then asks for its state until it does not change any more. */
async function follow(trip) {
  while (trip.state === "sending" || trip.state === "new") {
    try {
      await (trip.state === "sending" ? send(trip) : ask(trip));
      waiting.delete(trip.id);
      if (waiting.size === 0) say("");
    } catch (error) {
      waiting.add(trip.id);
      say(`The booking office cannot be reached (${error.message}). It is tried again; nothing is lost.`);
    }
    show(trip);
    if (trip.state !== "billed") await pause(AGAIN_AFTER_MS);
  }
}

async function send({ id, traveller, from, to }) {
  const trip = trips.find((trip) => trip.id === id);
  const body = JSON.stringify({ id, traveller, from, to });
  const answer = await call("", { method: "POST", headers: { "content-type": "application/json" }, body });
  if (answer.status === 400) {
    trip.state = "refused";
    trip.why = (await answer.json()).message;
  } else {
    trip.state = (await answer.json()).state;
  }
}

async function ask(trip) {
  const answer = await call(`/${trip.id}`);
  // It was acknowledged to us, but this is another cloud than then.
  if (answer.status === 404) trip.state = "sending";
  else trip.state = (await answer.json()).state;
}

/** An answer that says something of the trip; whatever else comes is an error. */
async function call(path, how) {
  const answer = await fetch((await address()) + path, { ...how, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok && answer.status !== 400 && answer.status !== 404) throw new Error(`it answers ${answer.status}`);
  return answer;
}

/** Where trips are booked, which the deployment wrote beside this page. */
async function address() {
  const answer = await fetch("config.json");
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return (await answer.json()).trips;
}

function show(trip) {
  localStorage.setItem(KEPT_AS, JSON.stringify(trips));
  document.querySelector("#none").hidden = trips.length > 0;
  const words = WORDS[trip.state] + (trip.why ? `: ${trip.why}` : "");
  const line = lines.get(trip.id) ?? newLine(trip);
  const state = line.querySelector(".state");
  // Only what changed is read out.
  if (state.textContent !== words) state.textContent = words;
  line.dataset.state = trip.state;
}

function newLine(trip) {
  const line = document.createElement("li");
  for (const [kind, text] of [["way", `${trip.from} → ${trip.to}`], ["state", ""], ["who", trip.traveller]]) {
    const part = document.createElement("span");
    part.className = kind;
    part.textContent = text;
    line.append(part);
  }
  list.prepend(line);
  lines.set(trip.id, line);
  return line;
}

function say(words) {
  if (problem.textContent !== words) problem.textContent = words;
}

/** Also where pages have no `crypto.randomUUID`: under plain HTTP on another machine. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

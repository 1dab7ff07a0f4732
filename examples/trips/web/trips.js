// Books trips and shows what becomes of them. A trip has its id before it is sent, and is sent again until the front
// acknowledges it: what is sent twice is booked once. How it stands with it is told over a WebSocket. What was typed stays in this
// browser, so that no reload loses a trip.

import { graph } from "./graph.js";

const AGAIN_AFTER_MS = 1000;
const LOOK_EVERY_MS = 500;
const PATIENCE_MS = 10_000;
const KEPT_AS = "trips";

// What the states of a trip are called: sending and refused are this page's, the others the application's.
const WORDS = {
  sending: "on its way",
  new: "being booked",
  billed: "confirmed and billed",
  undone: "not to be had as a whole, so nothing of it is booked",
  refused: "not booked",
};

const form = document.querySelector("#booking");
const list = document.querySelector("#trips");
const problem = document.querySelector("#problem");

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const trips = JSON.parse(localStorage.getItem(KEPT_AS) ?? "[]");
const lines = new Map();
// Trips, and the news of them, that nobody answers.
const waiting = new Set();
// Hears how it stands with trips.
let news;

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
offerPlaces().catch(() => {});

/** Sends a trip until it is acknowledged; then news of it are awaited. */
async function follow(trip) {
  while (trip.state === "sending") {
    try {
      await send(trip);
      answered(trip.id);
    } catch (error) {
      unanswered(trip.id, error.message);
    }
    show(trip);
    if (trip.state === "sending") await pause(AGAIN_AFTER_MS);
  }
  if (trip.state !== "new") return;
  ask(trip);
  watch(trip);
}

/** Draws the steps of a booking until it is settled. */
async function watch(trip) {
  for (let isSettled = false; !isSettled; ) {
    isSettled = trip.state !== "new";
    // Whoever does not answer is told of elsewhere: this is only the drawing.
    const answer = await call(`/trips/${trip.id}`).catch(() => undefined);
    if (answer) trip.steps = (await answer.json()).steps;
    show(trip);
    if (!isSettled) await pause(LOOK_EVERY_MS);
  }
}

async function send(trip) {
  const { id, traveller, from, to } = trip;
  const body = JSON.stringify({ id, traveller, from, to });
  const answer = await call("/trips", { method: "POST", headers: { "content-type": "application/json" }, body });
  const { state, message } = await answer.json();
  if (answer.status === 400) Object.assign(trip, { state: "refused", why: message });
  else trip.state = state;
}

/** Asks for news of a trip: how it stands now, and whenever that changes. */
function ask({ id }) {
  if (news?.readyState === WebSocket.OPEN) news.send(JSON.stringify({ action: "follow", trip: id }));
  else if (!news) listen();
}

/** Keeps the WebSocket open as long as a trip may change. */
async function listen() {
  news = true;
  try {
    news = new WebSocket((await settings()).news);
    news.onmessage = ({ data }) => hear(JSON.parse(data));
    await new Promise((opened, closed) => {
      news.onopen = opened;
      news.onclose = () => closed(new Error("its news have ended"));
    });
    answered("news");
    unsettled().forEach(ask);
    await new Promise((closed) => (news.onclose = closed));
  } catch (error) {
    unanswered("news", error.message);
  }
  news = undefined;
  await pause(AGAIN_AFTER_MS);
  if (!news && unsettled().length > 0) listen();
}

function unsettled() {
  return trips.filter((trip) => trip.state === "new");
}

async function hear({ trip: id, state }) {
  const trip = trips.find((trip) => trip.id === id);
  if (!trip) {
    // No news, but a failure: it is tried again.
    await pause(AGAIN_AFTER_MS);
    unsettled().forEach(ask);
    return;
  }
  // It was acknowledged to us, but this is another cloud than then.
  trip.state = state ?? "sending";
  show(trip);
  if (trip.state === "sending") follow(trip);
}

/** An answer that says something of the trip; whatever else comes is an error. */
async function call(path, { headers, ...how } = {}) {
  const { front, key, token } = await settings();
  const who = { authorization: `Bearer ${token}`, "x-api-key": key };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(front + path, { ...how, headers: { ...headers, ...who }, signal });
  if (!answer.ok && answer.status !== 400) throw new Error(`it answers ${answer.status}`);
  return answer;
}

/** What the deployment wrote beside this page: where trips are booked, and by whom. */
async function settings() {
  const answer = await fetch("config.json");
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return answer.json();
}

async function offerPlaces() {
  const { places } = await (await call("/places")).json();
  const options = places.map((place) => Object.assign(document.createElement("option"), { value: place }));
  document.querySelector("#places").replaceChildren(...options);
}

function answered(what) {
  waiting.delete(what);
  if (waiting.size === 0) say("");
}

function unanswered(what, why) {
  waiting.add(what);
  say(`The booking office cannot be reached (${why}). It is tried again; nothing is lost.`);
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
  line.querySelector(".graph")?.remove();
  if (trip.steps?.length) line.append(graph(trip.steps));
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

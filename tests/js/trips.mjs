// The web front of examples/trips, as a traveller without a mouse uses it: trips.mjs ADDRESS.
import assert from "node:assert/strict";

import { browse } from "./chromium.mjs";

const [address] = process.argv.slice(2);

await browse(async (page) => {
  await page.goto(address);
  assert.equal(await page.evaluate(() => document.activeElement.name), "traveller");
  const field = (name) => page.getByLabel(name, { exact: true });
  const line = (way) => page.getByRole("listitem").filter({ hasText: way });

  // With the keyboard alone.
  const type = async (...words) => {
    for (const word of words) {
      await page.keyboard.insertText(word);
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
  };
  await type("Ada", "London", "Zürich");
  await line("London → Zürich").getByText("confirmed and billed").waitFor();
  const stands = (way, step) => line(way).locator(`[data-step="${step}"]`).getAttribute("data-state");
  await line("London → Zürich").locator('[data-step="Booked"][data-state="succeeded"]').waitFor();
  assert.equal(await stands("London → Zürich", "Cancel hotel"), "none");
  await page.locator('#places option[value="Oslo"]').waitFor({ state: "attached" });
  assert.equal(await field("From").inputValue(), "");
  assert.equal(await page.evaluate(() => document.activeElement.name), "from");

  // What is missing is said, and nothing is sent.
  await field("From").fill("Rome");
  await field("To").fill("   ");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("A trip needs a traveller").waitFor();
  assert.equal(await page.getByRole("listitem").count(), 1);

  // What the front refuses is said of the trip.
  await field("To").evaluate((input) => input.removeAttribute("maxlength"));
  await field("To").fill("N".repeat(101));
  await page.keyboard.press("Enter");
  await line("Rome → NNN").getByText("not booked: Invalid request body").waitFor();

  // While nobody answers that is said, and the trip is sent until somebody does.
  await page.route("**/prod/trips", (route) => route.abort());
  await field("From").fill("Oslo");
  await field("To").fill("<b>Bergen</b>");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("cannot be reached").waitFor();
  await line("Oslo → <b>Bergen</b>").getByText("on its way").waitFor();
  await page.unroute("**/prod/trips");
  await line("Oslo → <b>Bergen</b>").getByText("confirmed and billed").waitFor();
  assert.equal(await page.getByRole("alert").textContent(), "");

  // Without the news a trip stays as it was said to be; when they come back, they tell what was missed.
  await page.routeWebSocket(/execute-api/, (socket) => socket.close());
  await page.reload();
  await field("Traveller").fill("Ada");
  await field("From").fill("Paris");
  await field("To").fill("Venice");
  await page.keyboard.press("Enter");
  await line("Paris → Venice").getByText("being booked").waitFor();
  await page.getByRole("alert").getByText("its news have ended").waitFor();
  await page.unrouteAll();
  await page.routeWebSocket(/execute-api/, (socket) => void socket.connectToServer());
  await line("Paris → Venice").getByText("nothing of it is booked").waitFor();
  assert.equal(await page.getByRole("alert").textContent(), "");

  // There are no cars in Venice: what was booked before is cancelled again.
  await line("Paris → Venice").locator('[data-step="Undone"][data-state="failed"]').waitFor();
  const steps = ["Book hotel", "Book flight", "Book car", "Pay", "Cancel car", "Cancel flight", "Cancel hotel"];
  const standing = await Promise.all(steps.map((step) => stands("Paris → Venice", step)));
  assert.deepEqual(standing, ["succeeded", "succeeded", "failed", "none", "succeeded", "succeeded", "succeeded"]);

  // A reload loses nothing.
  await page.reload();
  const states = await page.getByRole("listitem").evaluateAll((lines) => lines.map((line) => line.dataset.state));
  assert.deepEqual(states, ["undone", "billed", "refused", "billed"]);

  // It fits on a narrow screen.
  await page.setViewportSize({ width: 320, height: 640 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});

console.log("all is well");

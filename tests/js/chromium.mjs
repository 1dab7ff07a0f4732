// Debian's Chromium without a window, on a new profile, with a network of this machine alone.
import { chromium } from "playwright-core";

const QUIET = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu",
];

/** Runs `visit` with a page, and shows what the page had to say should it fail. */
export async function browse(visit) {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", chromiumSandbox: false, args: QUIET });
  const said = [];
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    await visit(page);
  } catch (error) {
    console.error(said.join("\n"));
    throw error;
  } finally {
    await browser.close();
  }
}

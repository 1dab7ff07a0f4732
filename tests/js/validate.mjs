// Whether npm's sns-validator accepts messages: a JSON list on standard input, and the host of their certificate.
import { readFileSync } from "node:fs";

import MessageValidator from "sns-validator";

const [host] = process.argv.slice(2);
const validator = new MessageValidator(new RegExp(`^${host}$`), "utf8");
for (const message of JSON.parse(readFileSync(0, "utf8"))) {
  await new Promise((resolve, reject) => validator.validate(message, (error) => (error ? reject(error) : resolve())));
}

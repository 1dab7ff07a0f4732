// Renders templates with velocityjs: a line of JSON in, a line of JSON out, until the input ends.
import { createInterface } from "node:readline";
import { render } from "velocityjs";

for await (const line of createInterface({ input: process.stdin })) {
  const { template, variables } = JSON.parse(line);
  let result;
  try {
    result = { text: render(template, variables) };
  } catch (error) {
    result = { error: String(error.message) };
  }
  console.log(JSON.stringify(result));
}

// Evaluates one template a line with AWS's own version of JSONata: {template, states, millis} -> {value} or {error}.
"use strict";

const readline = require("node:readline");
const jsonata = require("jsonata");

const parsed = new Map();

function expression(text) {
  if (!parsed.has(text)) parsed.set(text, jsonata(text));
  return parsed.get(text);
}

async function evaluated(template, bindings) {
  if (typeof template === "string") {
    const match = /^\{%\s*([\s\S]*?)\s*%\}$/.exec(template);
    if (match === null) return template;
    const value = await expression(match[1]).evaluate(undefined, bindings);
    if (value === undefined) throw new Error(`${match[1]} is undefined`);
    return value;
  }
  if (Array.isArray(template)) return Promise.all(template.map((item) => evaluated(item, bindings)));
  if (template === null || typeof template !== "object") return template;
  const pairs = Object.entries(template).map(async ([name, value]) => [name, await evaluated(value, bindings)]);
  return Object.fromEntries(await Promise.all(pairs));
}

async function answer(line) {
  const { template, states, millis } = JSON.parse(line);
  const bindings = {
    states,
    parse: (text) => JSON.parse(text),
    millis: () => millis,
    now: () => new Date(millis).toISOString(),
  };
  try {
    return { value: await evaluated(template, bindings) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
  }
})();

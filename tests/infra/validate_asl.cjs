// Reads a state machine's definition from standard input and prints, as a JSON list, what two validators find wrong:
// asl-validator, and the language service that AWS's own editor tools use.
"use strict";

const { readFileSync } = require("node:fs");
const validate = require("asl-validator");
const { getLanguageService, TextDocument } = require("amazon-states-language-service");

async function main() {
  const text = readFileSync(0, "utf8");
  const problems = [];

  for (const error of validate(JSON.parse(text)).errors) {
    problems.push({ validator: "asl-validator", message: `${error["Error code"]}: ${error.Message ?? JSON.stringify(error)}` });
  }

  const service = getLanguageService({});
  const document = TextDocument.create("asl://workflow.asl.json", "json", 1, text);
  for (const found of await service.doValidation(document, service.parseJSONDocument(document))) {
    const line = found.range.start.line + 1;
    problems.push({ validator: "amazon-states-language-service", message: `line ${line}: ${found.message}` });
  }

  process.stdout.write(JSON.stringify(problems));
}

main();

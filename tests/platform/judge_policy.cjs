// Judges content policies, one a line on stdin, with csp_evaluator; prints findings of any weight as JSON.
const { CspParser } = require("csp_evaluator/dist/parser.js");
const { CspEvaluator } = require("csp_evaluator/dist/evaluator.js");
const { Severity } = require("csp_evaluator/dist/finding.js");

const policies = require("node:fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
const found = policies.flatMap((text) =>
  new CspEvaluator(new CspParser(text).csp).evaluate().map(({ directive, value, description, severity }) => ({
    text, directive, value, description, severity: Severity[severity],
  })));
console.log(JSON.stringify(found));

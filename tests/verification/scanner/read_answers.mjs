// Reads answers to numbers as the scanner does before it draws them.
//
//     node read_answers.mjs < QUESTIONS
//
// QUESTIONS   [[text of an answer, the number that was asked, the situation]]
// on stdout   [whether it was taken]

import { readFileSync } from "node:fs";

import { readAnswer } from "../../../verification/scanner/app/answered.js";

const taken = JSON.parse(readFileSync(0, "utf-8")).map(([text, token, situation]) => readAnswer(text, { token, situation }) !== null);
process.stdout.write(JSON.stringify(taken));

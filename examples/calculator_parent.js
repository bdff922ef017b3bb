// SPDX-License-Identifier: MIT
// The parent of calculator.c in JavaScript: child_process.fork() and nothing else.
//
//      node calculator_parent.js build/…/calculator
'use strict';

const { fork } = require('node:child_process');

const worker = fork('calculator', [], { execPath: process.argv[2], execArgv: [] });
const questions = [[1, 2, 3, 4, 5], [0.5, 0.25], 'x'];
const answers = ['15', '0.75', 'not a list of numbers'];
let open = questions.length;

worker.on('message', ({ id, body }) => {
  console.log(JSON.stringify(questions[id - 1]), body);
  if (String(body) !== answers[id - 1]) process.exitCode = 1;
  if (--open === 0) worker.disconnect();
});
worker.on('exit', (code) => {
  if (code !== 0 || open !== 0) process.exitCode = 1;
});
questions.forEach((body, i) => worker.send({ kin: 'request', id: i + 1, body }));

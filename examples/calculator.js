// SPDX-License-Identifier: MIT
// The worker of calculator.c in JavaScript: no library, the channel is Node's own.
'use strict';

function add(numbers) {
  if (!Array.isArray(numbers)) throw new Error('not a list of numbers');
  return numbers.reduce((sum, number) => sum + number, 0);
}

process.on('message', ({ kin, id, body }) => {
  if (kin !== 'request') return;
  try {
    process.send({ kin: 'reply', id, body: add(body) });
  } catch (error) {
    process.send({ kin: 'error', id, body: error.message });
  }
});
process.on('disconnect', () => process.exit(0));

// SPDX-License-Identifier: MIT
// The other side of the interop tests, for Node, Bun and Deno. As a child: sends back what comes. As a parent
// (`peer.cjs parent <program> <json|advanced> <test> <messages> <megabytes>`): forks a C program that does, and exits with 0 when all
// was well.
'use strict';

const net = require('node:net');
const { fork } = require('node:child_process');

// ---------------------------------------------------------------------------------------------------------------- child

const servers = [];

function answer(message, handle) {
  if (message && message.kin === 'request') {
    process.send({ kin: message.body === 'fail' ? 'error' : 'reply', id: message.id, body: message.body });
  } else if (message === 'serve') { // the handle listens: answer one client
    servers.push(handle);
    handle.on('connection', (socket) => { socket.end('from the server'); handle.close(); });
    process.send('serving');
  } else if (message === 'greet') { // the handle is connected
    handle.end('from the socket');
    process.send('greeted');
  } else if (message === 'send-server') {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      process.send('server', server, () => server.close());
    });
  } else if (message === 'send-socket') {
    const server = net.createServer((socket) => { process.send('socket', socket); server.close(); });
    server.listen(0, '127.0.0.1', () => process.send(`port ${server.address().port}`));
  } else {
    process.send(message);
  }
}

function child() {
  process.on('message', answer);
  process.on('disconnect', () => process.exit(7));
}

// --------------------------------------------------------------------------------------------------------------- parent

function check(condition, text) {
  if (!condition) {
    console.error(`failed: ${text}`);
    process.exit(1);
  }
}

const small = Number(process.argv[6]);
const megabytes = Number(process.argv[7]);

const tests = {
  small(worker) {
    let next = 0;
    worker.on('message', (message) => {
      check(message.i === next && message.s === `ä${next}`, `message ${next}`);
      if (++next === small) worker.disconnect();
    });
    for (let i = 0; i < small; i++) worker.send({ i, s: `ä${i}` });
  },
  large(worker) {
    const text = 'abcdefgh'.repeat(megabytes * 128 * 1024);
    worker.on('message', (message) => {
      check(message === text, 'the large message');
      worker.disconnect();
    });
    worker.send(text);
  },
  socket(worker) { // a listening socket to C and back, where a client still finds it
    const server = net.createServer().listen(0, '127.0.0.1', () => worker.send('handle', server, { keepOpen: true }));
    worker.on('message', (message, handle) => {
      check(message === 'handle' && handle instanceof net.Server, 'a server comes back');
      check(handle.address().port === server.address().port, 'it is the same');
      handle.close();
      server.close();
      worker.disconnect();
    });
  },
};

function parent(program, serialization, name) {
  const worker = fork('no-module', [], { execPath: program, execArgv: [], serialization });

  tests[name](worker);
  worker.on('exit', (code, signal) => {
    check(code === 7, `exit ${code} ${signal}`);
    process.exitCode = 0;
  });
}

if (process.argv[2] === 'parent') parent(...process.argv.slice(3));
else child();

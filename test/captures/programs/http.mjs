// A web server on port 80 that answers in the ways that look different on the wire.
import { createServer } from 'node:http';

const ANSWERS = {
  '/chunked': (response) => {
    response.write('first part');
    response.end('second part');
  },
  '/big': (response) => response.end(Buffer.alloc(60_000, 'x')),
  '/missing': (response) => {
    response.statusCode = 404;
    response.end();
  },
};

createServer((request, response) => {
  request.resume().on('end', () => {
    const answer = ANSWERS[request.url];
    if (answer) answer(response);
    else response.setHeader('Set-Cookie', 'a=b').end(`hello from ${request.method}\n`);
  });
}).listen(80);

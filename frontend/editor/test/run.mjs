// Runs the editor's tests in a real browser, under the strictest policy the page is served with:
//   node editor/test/run.mjs        (in frontend/; CHROMIUM names the browser, default: chromium)
// Prints one line for each test that fails, then "N passed, N failed".
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from 'esbuild';

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; style-src-attr 'unsafe-inline'; " +
  "img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; frame-src 'self'";
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
];
const LIMIT_MS = 60_000;
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

const here = import.meta.dirname;
const bundle = await build({
  entryPoints: [join(here, 'tests.js')], bundle: true, format: 'esm', write: false, target: 'chrome123',
});

let report;
const results = new Promise((resolve) => (report = resolve));
const foreign = []; // what the page asked for and should not have
const server = createServer((request, response) => {
  response.setHeader('Content-Security-Policy', POLICY);
  const answer = (type, body) => response.setHeader('Content-Type', type).end(body);
  if (request.url === '/') answer('text/html', '<!doctype html><meta charset="utf-8"><script type="module" src="/tests.js"></script>');
  else if (request.url === '/tests.js') answer('text/javascript', bundle.outputFiles[0].contents);
  else if (request.url.startsWith('/pixel/')) answer('image/gif', PIXEL);
  // The frame of a designer that is not there.
  else if (request.url === '/designer.html') answer('text/html', '<!doctype html><title>nothing</title>');
  else if (request.url === '/favicon.ico') response.writeHead(404).end();
  else if (request.url === '/results') {
    let body = '';
    request.on('data', (data) => (body += data)).on('end', () => {
      response.end();
      report(JSON.parse(body));
    });
  } else {
    foreign.push(request.url);
    response.writeHead(404).end();
  }
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

const profile = await mkdtemp(join(tmpdir(), 'posta-editor-'));
const browser = spawn(
  process.env.CHROMIUM || 'chromium',
  [...FLAGS, `--user-data-dir=${profile}`, `http://127.0.0.1:${server.address().port}/`],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
let complaints = '';
browser.stderr.on('data', (data) => (complaints += data));

let outcome;
try {
  outcome = await Promise.race([
    results,
    once(browser, 'error').then(([error]) => { throw new Error(`the browser cannot be started: ${error.message}`); }),
    once(browser, 'exit').then(() => { throw new Error(`the browser ended before the tests did:\n${complaints}`); }),
    new Promise((_, reject) => setTimeout(() => reject(new Error(`no result after ${LIMIT_MS / 1000} s`)), LIMIT_MS).unref()),
  ]);
} catch (error) {
  outcome = [{ name: 'the editor in a browser', error: error.message }];
}
if (foreign.length) outcome.push({ name: 'no request but for our own files', error: foreign.join(', ') });

server.close();
server.closeAllConnections();
if (browser.exitCode === null && browser.pid) {
  browser.kill('SIGKILL');
  await once(browser, 'exit');
}
// The browser's helpers may still be writing for a moment.
await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });

const failed = outcome.filter((result) => result.error);
for (const { name, error } of failed) console.log(`FAIL ${name}\n     ${error}`);
console.log(`${outcome.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length ? 1 : 0;

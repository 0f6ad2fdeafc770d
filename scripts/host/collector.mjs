// Receives what the suite inside the extension host says, over loopback HTTP: the one way that serves both hosts.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * @param {(message: object) => void} onMessage called for each message of test/harness/suite.ts
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function startCollector(onMessage) {
  const secret = `/${randomUUID()}`;
  const server = createServer((request, response) => {
    // The web extension host's page has another origin.
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (request.method !== 'POST' || request.url !== secret) {
      response.writeHead(404).end();
      return;
    }
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      response.writeHead(204).end();
      onMessage(JSON.parse(body));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${secret}`,
    close: () => server.close(),
  };
}

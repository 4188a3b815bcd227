import { createServer, type IncomingHttpHeaders } from 'node:http';

/** What GitHub has of one repository, by the path of its REST API. A number is a status without a body. */
export type Answers = Readonly<Record<string, unknown>>;

/** A stand-in for GitHub's REST API on loopback. */
export type GitHubStandIn = {
  readonly url: string;
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  readonly close: () => Promise<void>;
};

/** Starts the stand-in. What `answers` does not have is a 404, `'hang'` is never answered, and `'cut'` not to its end. */
export async function startGitHub(answers: Answers): Promise<GitHubStandIn> {
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    const { url: path = '' } = request;
    requests.push({ path, headers: request.headers });
    const answer = answers[path] ?? 404;
    if (answer === 'hang') return;
    if (answer === 'cut') {
      response.writeHead(200, { 'content-length': 2000 }).write('{', () => response.destroy());
      return;
    }
    const status = typeof answer === 'number' ? answer : 200;
    // octokit would write of the deprecation to the log.
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      deprecation: '@1795431155',
      sunset: '::error::',
    };
    response.writeHead(status, headers);
    response.end(JSON.stringify(status === 200 ? answer : { message: 'Not Found ::error::##[error]', status }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const base = '/repos/octo-org/shop';

/** The path of the release of a tag. */
export const releasePath = (tag: string) => `${base}/releases/tags/${encodeURIComponent(tag)}`;

/** The path of the ref of a tag. */
export const refPath = (tag: string) => `${base}/git/ref/${encodeURIComponent(`tags/${tag}`)}`;

/** The path of a tag object. */
export const tagPath = (sha: string) => `${base}/git/tags/${sha}`;

/** Where the notes come from, which decides how links to GitHub are shortened. */
export type Site = {
  /** `GITHUB_SERVER_URL`, such as `https://github.com`. */
  readonly serverUrl: string;
  /** The repository whose issues are written `#751`; those of any other are written `owner/repo#751`. */
  readonly repository: { readonly owner: string; readonly repo: string } | undefined;
};

/** Writes links as plain text. */
export class Links {
  readonly #servers: readonly string[];
  readonly #repository: string | undefined;
  readonly #shown = new Set<string>();

  constructor({ serverUrl, repository }: Site) {
    // Dependabot links to issues through a redirect, so that they get no mention from it.
    const urls = [serverUrl, 'https://github.com', 'https://redirect.github.com'];
    this.#servers = urls.map((url) => withoutScheme(url).toLowerCase());
    this.#repository = repository && `${repository.owner}/${repository.repo}`.toLowerCase();
  }

  /** Returns the address the first time, and nothing after that. */
  once(address: string): string {
    if (this.#shown.has(address)) return '';
    this.#shown.add(address);
    return address;
  }

  /** @returns the text of a link and what it needs of the address: nothing where they are the same. */
  format(text: string, address: string): string {
    const isAddress = withoutScheme(text) === withoutScheme(address);
    const short = this.#shorten(isAddress ? '' : text, address);
    if (short !== undefined) return short;
    const shown = address.replace(/^mailto:/i, '');
    if (isAddress) return shown;
    // A place on the same page, or a scheme that GitHub does not link to.
    const isHidden = /^(?:#|$|(?!https?:|ftp:|mailto:)[a-z][a-z\d+.-]*:)/i.test(address);
    return text === '' || isHidden ? text : `${text} (${shown})`;
  }

  /**
   * Shortens a link to an issue, a commit or a user, as GitHub does.
   *
   * @returns `undefined` for any other link.
   * @see https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
   */
  #shorten(text: string, address: string): string | undefined {
    const url = withoutScheme(address);
    const server = this.#servers.find((base) => url.toLowerCase().startsWith(`${base}/`));
    if (server === undefined || !/^https?:/i.test(address)) return undefined;
    const [path = ''] = url.slice(server.length + 1).split(/[?#]/, 1);
    const [owner = '', repo, kind = '', id = '', ...rest] = path.split('/');
    if (repo === undefined) return shortenUser(text, owner);
    if (owner === 'apps') return shortenUser(text, `${repo}[bot]`);
    const isOwn = server === this.#servers[0] && `${owner}/${repo}`.toLowerCase() === this.#repository;
    const repository = isOwn ? '' : `${owner}/${repo}`;
    const sha = kind === 'commit' ? id : rest[0] === 'commits' ? rest[1] : undefined;
    if (sha !== undefined && /^[\da-f]{7,64}$/i.test(sha)) return shortenCommit(text, sha, repository);
    const isIssue = /^(?:issues|pulls?|discussions)$/.test(kind) && /^\d{1,10}$/.test(id);
    return isIssue ? shortenIssue(text, id, repository) : undefined;
  }
}

function withoutScheme(address: string): string {
  return address.replace(/^(?:https?:\/\/(?:www\.)?|mailto:)/i, '').replace(/\/$/, '');
}

function shortenIssue(text: string, number: string, repository: string): string {
  const short = `${repository}#${number}`;
  if (text === '') return short;
  const isNamed = new RegExp(`(?<![\\w./#-])#?${number}(?!\\w)`);
  if (isNamed.test(text)) return text.replace(isNamed, short);
  return new RegExp(`#${number}(?!\\w)`).test(text) ? text : `${text} (${short})`;
}

function shortenCommit(text: string, sha: string, repository: string): string {
  const short = sha.slice(0, 7);
  const named = repository === '' ? short : `${repository}@${short}`;
  if (text === '') return named;
  if (text.length >= 4 && sha.startsWith(text)) return short;
  return text.includes(short) ? text : `${text} (${named})`;
}

/** Pages of GitHub whose addresses look like that of a user. */
const pages = new Set(
  (
    'about collections contact customer-stories enterprise events explore features issues join login marketplace new ' +
    'notifications organizations pricing pulls search security settings site sponsors stars team topics trending'
  ).split(' '),
);

function shortenUser(text: string, login: string): string | undefined {
  const name = login.replace('[bot]', '').toLowerCase();
  if (pages.has(name) || !/^[a-z\d][a-z\d-]{0,38}$/.test(name)) return undefined;
  if (text === '') return `@${login}`;
  if (text.replace(/^@|\[bot\]$/g, '').toLowerCase() === name) return text.startsWith('@') ? text : `@${text}`;
  return text.includes(`@${login}`) ? text : `${text} (@${login})`;
}

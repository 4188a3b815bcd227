export const id = 582;
export const ids = [582];
export const modules = {
  582: (__unused_webpack_module, __webpack_exports__, __webpack_require__) => {
    __webpack_require__.d(__webpack_exports__, {
      changesFromPush: () => changesFromPush,
      lookUpChanges: () => lookUpChanges,
    });
    var zod_mini__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(395);
    var _github_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(248);
    var _release_notes_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(870);
    var _sanitize_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(540);
    const lookUpTimeoutMs = 5e3;
    const maxTitles = 50;
    const maxTitleLength = 200;
    async function lookUpChanges(query) {
      const { tag } = query;
      let previousTag;
      try {
        const github = await (0, _github_js__WEBPACK_IMPORTED_MODULE_0__.tZ)(query, lookUpTimeoutMs);
        previousTag = findPreviousTag(tag, await lookUpTags(github, query));
        if (previousTag === void 0) return { text: void 0, url: void 0, previousTag, problem: void 0 };
        const { commits, total } = await compare(github, query, previousTag);
        const text = listChanges(commits, total, tag);
        return { text, url: comparisonPage(query, previousTag, tag), previousTag, problem: void 0 };
      } catch (error) {
        return {
          text: void 0,
          url: void 0,
          previousTag,
          problem: (0, _github_js__WEBPACK_IMPORTED_MODULE_0__.Y$)(error),
        };
      }
    }
    function changesFromPush(push) {
      const { commits, before = '', after = '' } = push;
      const isComparable = /[^0]/.test(before) && after !== '';
      return {
        text: listChanges(commits.toReversed(), commits.length, ''),
        url: isComparable ? comparisonPage(push, before, after) : void 0,
      };
    }
    function comparisonPage({ githubServerUrl, owner, repo }, base, head) {
      const [from, to] = [base, head].map((name) => encodeURIComponent(name).replaceAll('%2F', '/'));
      return `${githubServerUrl.replace(/\/+$/, '')}/${owner}/${repo}/compare/${from}...${to}`;
    }
    function listChanges(commits, total, tag) {
      const titles = commits.flatMap(({ message, author }) => {
        const title = titleOf(message);
        return isChange(title, author, tag) ? title : [];
      });
      const shown = titles.slice(0, maxTitles).map((title) => `• ${title}`);
      if (shown.length === 0) return;
      const more = titles.length - shown.length + Math.max(0, total - commits.length);
      return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
    }
    function titleOf(message) {
      const [line = ''] = message.trimStart().split(/[\r\n\p{Zl}\p{Zp}]/u, 1);
      return (0, _sanitize_js__WEBPACK_IMPORTED_MODULE_2__.xv)(
        line.replace(/[\p{Cc}\s]+/gu, ' ').trim(),
        maxTitleLength,
      );
    }
    const merge = /^Merge (?:pull request #\d+ from|(?:remote-tracking )?branch(?:es)? '|tag '|commit ')/;
    const dependencyBot = /^(?:dependabot|renovate|pre-commit-ci|pyup|snyk|greenkeeper|depfu|scala-steward)\b/i;
    function isChange(title, author, tag) {
      const isBump =
        dependencyBot.test(author ?? '') ||
        (0, _release_notes_js__WEBPACK_IMPORTED_MODULE_1__.$p)(title.replace(/ \(#\d+\)$/, ''), tag);
      return !merge.test(title) && !isBump;
    }
    const tagsQuery =
      'query Tags($owner: String!, $repo: String!) {\n  repository(owner: $owner, name: $repo) {\n    refs(refPrefix: "refs/tags/", first: 100, orderBy: { field: TAG_COMMIT_DATE, direction: DESC }) { nodes { name } }\n  }\n}';
    const namesSchema = zod_mini__WEBPACK_IMPORTED_MODULE_3__.YOg(
      zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({ name: zod_mini__WEBPACK_IMPORTED_MODULE_3__.YjP() }),
    );
    const tagsSchema = zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
      repository: zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
        refs: zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({ nodes: namesSchema }),
      }),
    });
    async function lookUpTags(github, { owner, repo, githubGraphqlUrl }) {
      const data = await (0, _github_js__WEBPACK_IMPORTED_MODULE_0__.yw)(
        github,
        githubGraphqlUrl,
        tagsQuery,
        { owner, repo },
        tagsSchema,
      );
      if (data !== void 0) return data.repository.refs.nodes.map(({ name }) => name);
      const response = await github('GET /repos/{owner}/{repo}/tags', { owner, repo, per_page: 100, limit: 100 });
      return (0, _github_js__WEBPACK_IMPORTED_MODULE_0__.xp)(namesSchema, response).map(({ name }) => name);
    }
    const comparisonQuery = `query Comparison($owner: String!, $repo: String!, $base: String!, $head: String!) {\n  repository(owner: $owner, name: $repo) {\n    ref(qualifiedName: $base) {\n      compare(headRef: $head) { commits(last: ${maxTitles}) { totalCount nodes { message author { name } } } }\n    }\n  }\n}`;
    const authorName = zod_mini__WEBPACK_IMPORTED_MODULE_3__.MfU(
      zod_mini__WEBPACK_IMPORTED_MODULE_3__.lqM(
        zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({ name: zod_mini__WEBPACK_IMPORTED_MODULE_3__.YjP() }),
      ),
      void 0,
    );
    const comparedSchema = zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
      totalCount: zod_mini__WEBPACK_IMPORTED_MODULE_3__.aig(),
      nodes: zod_mini__WEBPACK_IMPORTED_MODULE_3__.YOg(
        zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
          message: zod_mini__WEBPACK_IMPORTED_MODULE_3__.YjP(),
          author: authorName,
        }),
      ),
    });
    const comparisonSchema = zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
      repository: zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
        ref: zod_mini__WEBPACK_IMPORTED_MODULE_3__.mee(
          zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
            compare: zod_mini__WEBPACK_IMPORTED_MODULE_3__.mee(
              zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({ commits: comparedSchema }),
            ),
          }),
        ),
      }),
    });
    const restComparisonSchema = zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
      total_commits: zod_mini__WEBPACK_IMPORTED_MODULE_3__.aig(),
      commits: zod_mini__WEBPACK_IMPORTED_MODULE_3__.YOg(
        zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
          commit: zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
            message: zod_mini__WEBPACK_IMPORTED_MODULE_3__.YjP(),
            author: authorName,
            committer: zod_mini__WEBPACK_IMPORTED_MODULE_3__.MfU(
              zod_mini__WEBPACK_IMPORTED_MODULE_3__.lqM(
                zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({ date: zod_mini__WEBPACK_IMPORTED_MODULE_3__.YjP() }),
              ),
              void 0,
            ),
          }),
        }),
      ),
    });
    async function compare(github, { owner, repo, tag, githubGraphqlUrl }, previousTag) {
      const variables = { owner, repo, base: `refs/tags/${previousTag}`, head: tag };
      const data = await (0, _github_js__WEBPACK_IMPORTED_MODULE_0__.yw)(
        github,
        githubGraphqlUrl,
        comparisonQuery,
        variables,
        comparisonSchema,
      );
      const compared = data?.repository.ref?.compare?.commits;
      if (compared !== void 0) {
        const { totalCount, nodes } = compared;
        const commits = nodes.map(({ message, author }) => ({ message, author: author?.name }));
        return { commits: commits.reverse(), total: totalCount };
      }
      const route = 'GET /repos/{owner}/{repo}/compare/{basehead}';
      const response = await github(route, { owner, repo, basehead: `${previousTag}...${tag}` });
      const { commits, total_commits: total } = (0, _github_js__WEBPACK_IMPORTED_MODULE_0__.xp)(
        restComparisonSchema,
        response,
      );
      const [first, last] = [commits[0], commits.at(-1)].map((entry) =>
        Date.parse(entry?.commit.committer?.date ?? ''),
      );
      const isNewestFirst = first !== void 0 && last !== void 0 && first > last;
      const listed = commits.map(({ commit }) => ({ message: commit.message, author: commit.author?.name }));
      return { commits: isNewestFirst ? listed : listed.reverse(), total };
    }
    function findPreviousTag(tag, tags) {
      const start = [/\d+\.\d/, /\d/].map((number) => tag.search(number)).find((index) => index !== -1);
      if (start === void 0) return;
      const series = tag.slice(0, start);
      const version = parseVersion(tag.slice(start));
      if (version === void 0) return;
      const candidates = tags.flatMap((name) => {
        const candidate = name.startsWith(series) ? parseVersion(name.slice(series.length)) : void 0;
        if (candidate === void 0 || compareVersions(candidate, version) >= 0) return [];
        return isPreRelease(candidate) && !isPreRelease(version) ? [] : { name, version: candidate };
      });
      const byVersion = (a, b) =>
        compareVersions(a.version, b.version) || a.version.numbers.length - b.version.numbers.length;
      return candidates.sort(byVersion).at(-1)?.name;
    }
    function parseVersion(text) {
      const parts = /^(?<numbers>\d+(?:\.\d+)*)(?<suffix>.*)$/.exec(text)?.groups;
      if (parts === void 0) return;
      const { numbers = '', suffix = '' } = parts;
      return { numbers: numbers.split('.').map(Number), suffix };
    }
    function isPreRelease({ suffix }) {
      return suffix !== '' && !suffix.startsWith('+');
    }
    function compareVersions(a, b) {
      const length = Math.max(a.numbers.length, b.numbers.length);
      for (let index = 0; index < length; index += 1) {
        const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
        if (difference !== 0) return difference;
      }
      const stability = Number(isPreRelease(b)) - Number(isPreRelease(a));
      return stability || a.suffix.localeCompare(b.suffix, 'en', { numeric: true });
    }
  },
};

export const id = 473;
export const ids = [473];
export const modules = {
  473: (__unused_webpack_module, __webpack_exports__, __webpack_require__) => {
    __webpack_require__.d(__webpack_exports__, {
      findRelease: () => findRelease,
      waitForRelease: () => waitForRelease,
    });
    var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(500);
    var zod_mini__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(395);
    var zod_mini__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(305);
    var _package_json__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(330);
    var _errors_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(916);
    var _json_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(301);
    var _request_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(324);
    var _retry_after_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(390);
    var _sanitize_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(540);
    const hosts = { us: 'https://developer-api.amplitude.com', eu: 'https://developer-api.eu.amplitude.com' };
    const pageSize = 200;
    const maxLookupMs = 1e4;
    const firstWaitMs = 500;
    const maxWaitMs = 4e3;
    const maxBodyBytes = 33554432;
    const maxQuoteLength = 500;
    const dayMs = 864e5;
    function projectReleasesUrl({ region, apiUrl, projectId }) {
      const base = apiUrl ?? new URL(hosts[region]);
      return new URL(`${base.origin}${base.pathname.replace(/\/+$/, '')}/v1/projects/${projectId}/releases`);
    }
    async function findRelease(query, remainingMs) {
      const deadlineMs = (0, _request_js__WEBPACK_IMPORTED_MODULE_3__.dR)() + Math.min(maxLookupMs, remainingMs / 2);
      for (let requests = 1; ; requests += 1) {
        const reply = await readReleases(query, deadlineMs - (0, _request_js__WEBPACK_IMPORTED_MODULE_3__.dR)());
        if (reply.kind === 'rejected') throw rejectedToken(reply.reason);
        if (reply.kind !== 'unknown' || reply.retryAfterMs === void 0) return reply;
        const waitMs = waitAfter(requests, reply);
        if (query.signal.aborted || (0, _request_js__WEBPACK_IMPORTED_MODULE_3__.dR)() + waitMs >= deadlineMs)
          return reply;
        await pause(waitMs, query.signal);
      }
    }
    async function waitForRelease(query, timeoutMs) {
      const startMs = (0, _request_js__WEBPACK_IMPORTED_MODULE_3__.dR)();
      const deadlineMs = startMs + timeoutMs;
      let isRead = false;
      let problem;
      for (let requests = 1; ; requests += 1) {
        const reply = await readReleases(query, deadlineMs - (0, _request_js__WEBPACK_IMPORTED_MODULE_3__.dR)());
        if (reply.kind === 'found') return reply;
        if (reply.kind === 'absent') isRead = true;
        else problem ??= reply.reason;
        const waitMs = waitAfter(requests, reply);
        const isLast = reply.kind === 'rejected' || query.signal.aborted;
        if (isLast || (0, _request_js__WEBPACK_IMPORTED_MODULE_3__.dR)() + waitMs >= deadlineMs) {
          const searchedMs = Math.round((0, _request_js__WEBPACK_IMPORTED_MODULE_3__.dR)() - startMs);
          return { kind: 'not-found', searchedMs, problem: isRead ? void 0 : problem };
        }
        await pause(waitMs, query.signal);
      }
    }
    function waitAfter(requests, reply) {
      const waitMs = Math.random() * Math.min(firstWaitMs * 2 ** (requests - 1), maxWaitMs);
      return Math.max(waitMs, reply.kind === 'unknown' ? (reply.retryAfterMs ?? 0) : 0);
    }
    async function pause(waitMs, signal) {
      await (0, node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setTimeout)(waitMs, void 0, { signal }).catch(
        () => {},
      );
    }
    function rejectedToken(reason) {
      return new _errors_js__WEBPACK_IMPORTED_MODULE_2__.dz([
        {
          input: 'access-token',
          message: `was rejected for the project in \`project-id\` (${reason}). Check that the token is valid, has the scope \`analytics:read\`, and can see this project, and that \`region\` is the region of the project. Without both inputs the release is published without asking.`,
        },
      ]);
    }
    async function readReleases(query, timeoutMs) {
      const { accessToken, proxies, redactor, signal } = query;
      const url = projectReleasesUrl(query);
      url.searchParams.set('limit', String(pageSize));
      url.searchParams.set('release_start_before', new Date(startOf(query.release) + dayMs).toISOString());
      try {
        const deadlineMs = (0, _request_js__WEBPACK_IMPORTED_MODULE_3__.dR)() + timeoutMs;
        const ask = (authorization) =>
          (0, _request_js__WEBPACK_IMPORTED_MODULE_3__.tN)({
            method: 'GET',
            url,
            headers: {
              accept: 'application/json',
              authorization,
              'user-agent': `${_package_json__WEBPACK_IMPORTED_MODULE_1__.UU}/${_package_json__WEBPACK_IMPORTED_MODULE_1__.rE}`,
            },
            proxies,
            timeoutMs: Math.max(1, Math.round(deadlineMs - (0, _request_js__WEBPACK_IMPORTED_MODULE_3__.dR)())),
            maxBodyBytes,
            signal,
          });
        const response = await ask(`Bearer ${accessToken}`);
        const hasOtherForm = response.status === 401 && accessToken.startsWith('amp_');
        return readReply(hasOtherForm ? await ask(`Bearer PAT=${accessToken}`) : response, url.host, query);
      } catch (error) {
        return {
          kind: 'unknown',
          reason: redactor.redactParts((0, _errors_js__WEBPACK_IMPORTED_MODULE_2__.bD)(error)),
        };
      }
    }
    const releaseSchema = zod_mini__WEBPACK_IMPORTED_MODULE_4__._H3({
      id: zod_mini__WEBPACK_IMPORTED_MODULE_4__.YjP().check(zod_mini__WEBPACK_IMPORTED_MODULE_5__.m9(1)),
      version: zod_mini__WEBPACK_IMPORTED_MODULE_4__.mee(zod_mini__WEBPACK_IMPORTED_MODULE_4__.YjP()),
      platforms: zod_mini__WEBPACK_IMPORTED_MODULE_4__.mee(
        zod_mini__WEBPACK_IMPORTED_MODULE_4__.YOg(zod_mini__WEBPACK_IMPORTED_MODULE_4__.YjP()),
      ),
      release_start: zod_mini__WEBPACK_IMPORTED_MODULE_4__.YjP(),
      type: zod_mini__WEBPACK_IMPORTED_MODULE_4__.YjP(),
      deleted: zod_mini__WEBPACK_IMPORTED_MODULE_4__.lqM(zod_mini__WEBPACK_IMPORTED_MODULE_4__.zMY()),
    });
    const pageSchema = zod_mini__WEBPACK_IMPORTED_MODULE_4__.Ikc({
      data: zod_mini__WEBPACK_IMPORTED_MODULE_4__.YOg(zod_mini__WEBPACK_IMPORTED_MODULE_4__.L5J()),
      pagination: zod_mini__WEBPACK_IMPORTED_MODULE_4__.Ikc({
        next_cursor: zod_mini__WEBPACK_IMPORTED_MODULE_4__.lqM(
          zod_mini__WEBPACK_IMPORTED_MODULE_4__.mee(zod_mini__WEBPACK_IMPORTED_MODULE_4__.YjP()),
        ),
      }),
    });
    const problemSchema = zod_mini__WEBPACK_IMPORTED_MODULE_4__.Ikc({
      title: zod_mini__WEBPACK_IMPORTED_MODULE_4__.MfU(
        zod_mini__WEBPACK_IMPORTED_MODULE_4__.lqM(zod_mini__WEBPACK_IMPORTED_MODULE_4__.YjP()),
        void 0,
      ),
      detail: zod_mini__WEBPACK_IMPORTED_MODULE_4__.MfU(
        zod_mini__WEBPACK_IMPORTED_MODULE_4__.lqM(zod_mini__WEBPACK_IMPORTED_MODULE_4__.YjP()),
        void 0,
      ),
      retry_after_seconds: zod_mini__WEBPACK_IMPORTED_MODULE_4__.MfU(
        zod_mini__WEBPACK_IMPORTED_MODULE_4__.lqM(
          zod_mini__WEBPACK_IMPORTED_MODULE_4__.aig().check(zod_mini__WEBPACK_IMPORTED_MODULE_5__.UI()),
        ),
        void 0,
      ),
    });
    function readReply(response, host, query) {
      const { redactor } = query;
      const { status, headers, isComplete } = response;
      const body = (0, _json_js__WEBPACK_IMPORTED_MODULE_6__.q)(response.body);
      if (status === 200 && isComplete) return readPage(body, host, query);
      const { title, detail, retry_after_seconds: retryAfterSeconds } = problemSchema.safeParse(body).data ?? {};
      const words = detail ?? title;
      const facts = [
        String(status),
        ...(isComplete ? [] : ['the response was cut short']),
        ...(words === void 0
          ? []
          : [`"${(0, _sanitize_js__WEBPACK_IMPORTED_MODULE_7__.xv)(redactor.redactParts(words), maxQuoteLength)}"`]),
      ];
      const reason = `${host}: ${facts.join(', ')}`;
      if (status === 401 || status === 403) return { kind: 'rejected', reason };
      const bodyRetryAfterMs = retryAfterSeconds === void 0 ? void 0 : retryAfterSeconds * 1e3;
      const retryAfterMs =
        status === 429 ? ((0, _retry_after_js__WEBPACK_IMPORTED_MODULE_8__.m)(headers) ?? bodyRetryAfterMs) : void 0;
      return { kind: 'unknown', reason, retryAfterMs };
    }
    function readPage(body, host, { release, redactor }) {
      const unknown = (what) => ({ kind: 'unknown', reason: `${host}: ${what}` });
      const page = pageSchema.safeParse(body).data;
      if (page === void 0) return unknown('200 in an unknown shape');
      const releases = page.data.flatMap((entry) => releaseSchema.safeParse(entry).data ?? []);
      const sameVersion = releases.filter(({ version, deleted }) => version === release.version && deleted !== true);
      const platforms = setOf(release.platforms);
      const match = sameVersion.find((entry) => entry.type !== 'automatic' && setOf(entry.platforms) === platforms);
      if (match !== void 0) {
        const { redactParts, redactWhole } = redactor;
        return { kind: 'found', id: redactParts(match.id), release: redactWhole(JSON.stringify(match)) };
      }
      if (releases.length < page.data.length) return unknown('200 with a release in an unknown shape');
      const oldestStartMs = Date.parse(releases.at(-1)?.release_start ?? '');
      if (typeof page.pagination.next_cursor === 'string' && !(oldestStartMs <= startOf(release)))
        return unknown(`200 with ${String(releases.length)} releases that do not go back to the start of this one`);
      return { kind: 'absent', isDetected: sameVersion.some(({ type }) => type === 'automatic') };
    }
    function setOf(platforms) {
      return JSON.stringify([...new Set(platforms)].sort());
    }
    function startOf({ release_start: start }) {
      return Date.parse(`${start.replace(' ', 'T')}Z`);
    }
  },
};

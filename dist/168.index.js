export const id = 168;
export const ids = [168];
export const modules = {
  168: (__unused_webpack_module, __webpack_exports__, __webpack_require__) => {
    __webpack_require__.d(__webpack_exports__, { checkApp: () => checkApp, describeFinding: () => describeFinding });
    var zod_mini__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(395);
    var zod_mini__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(305);
    var _package_json__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(330);
    var _errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(916);
    var _json_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(301);
    var _request_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(324);
    const periodDays = 30;
    const dayMs = 864e5;
    const maxBodyBytes = 1048576;
    const minUserShare = 0.01;
    const maxExamples = 3;
    const noValue = '(none)';
    async function checkApp(query, release, now) {
      const [versions, platforms] = await Promise.all([
        readComposition(query, 'version', now),
        release.platforms === void 0 ? void 0 : readComposition(query, 'platform', now),
      ]);
      if (versions.kind === 'rejected') return versions;
      if (platforms?.kind === 'rejected') return platforms;
      return { kind: 'checked', findings: compareWithApp(release, versions, platforms) };
    }
    function compareWithApp(release, versions, platforms) {
      const isAnswered = versions.kind === 'values' || platforms?.kind === 'values';
      return [
        ...(isAnswered ? [{ kind: 'keys-accepted' }] : []),
        ...compareVersion(release, versions),
        ...(platforms === void 0 ? [] : comparePlatforms(release.platforms ?? [], platforms)),
      ];
    }
    function compareVersion(release, versions) {
      if (versions.kind === 'unknown') return [{ kind: 'unchecked', what: 'versions', reason: versions.reason }];
      const [first] = versions.values;
      if (first === void 0) return [{ kind: 'no-version' }];
      const shown = { kind: 'versions', versions: versions.values.slice(0, maxExamples).map(({ value }) => value) };
      const allUsers = versions.values.reduce((sum, { users }) => sum + users, 0);
      const common = versions.values.filter(({ users }) => users >= allUsers * minUserShare);
      const form = formOf(release.version);
      const isKnown = versions.values.some(({ value }) => value === release.version);
      if (isKnown || common.some(({ value }) => isSameForm(formOf(value), form))) return [shown];
      const example = first.value;
      return [
        shown,
        {
          kind: 'version-form',
          version: release.version,
          example,
          differences: differencesBetween(form, formOf(example)),
          tagPrefix: tagPrefixFor(release, form, formOf(example)),
        },
      ];
    }
    function comparePlatforms(wanted, platforms) {
      if (platforms.kind === 'unknown') return [{ kind: 'unchecked', what: 'platforms', reason: platforms.reason }];
      const used = platforms.values.map(({ value }) => value);
      const unused = wanted.filter((platform) => !used.includes(platform));
      return [
        { kind: 'platforms', platforms: used },
        ...unused.map((platform) => ({
          kind: 'unused-platform',
          platform,
          alike: used.find((other) => spellingOf(other) === spellingOf(platform)),
        })),
      ];
    }
    function spellingOf(platform) {
      return platform.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
    }
    const versionPattern = /^(?<prefix>\D*)(?<numbers>\d+(?:\.\d+)*)(?<suffix>.*)$/s;
    const commitPattern = /^(?=.*[a-f])[0-9a-f]{7,40}$/i;
    function formOf(version) {
      const parts = commitPattern.test(version) ? void 0 : versionPattern.exec(version)?.groups;
      const { prefix = '', numbers = '', suffix = '' } = parts ?? {};
      const isPreRelease = /^[-._]?[a-z]/i.test(suffix);
      return {
        prefix,
        numbers: numbers === '' ? 0 : numbers.split('.').length,
        hasBuild: suffix !== '' && !isPreRelease,
      };
    }
    function isSameForm(a, b) {
      return a.prefix === b.prefix && a.numbers === b.numbers && a.hasBuild === b.hasBuild;
    }
    function differencesBetween(form, common) {
      if (form.numbers === 0) return ['is not made of numbers'];
      if (common.numbers === 0) return ['is made of numbers'];
      const prefix = form.prefix === '' ? `does not begin with \`${common.prefix}\`` : `begins with \`${form.prefix}\``;
      return [
        ...(form.prefix === common.prefix ? [] : [prefix]),
        ...(form.numbers === common.numbers
          ? []
          : [`has ${String(form.numbers)} instead of ${String(common.numbers)} numbers`]),
        ...(form.hasBuild === common.hasBuild
          ? []
          : [form.hasBuild ? 'ends with a build' : 'does not end with a build']),
      ];
    }
    function tagPrefixFor({ isVersionFromTag, tagPrefix = '' }, form, common) {
      const differsInPrefixOnly = isSameForm({ ...form, prefix: common.prefix }, common);
      if (!isVersionFromTag || !differsInPrefixOnly) return;
      const stripped = tagPrefix + form.prefix;
      return stripped.endsWith(common.prefix) ? stripped.slice(0, stripped.length - common.prefix.length) : void 0;
    }
    function describeFinding(finding) {
      const notice = (text) => ({ text, isNotice: true });
      const fact = (text) => ({ text, isNotice: false });
      switch (finding.kind) {
        case 'keys-accepted':
          return fact('Amplitude accepts the keys in this region.');
        case 'unchecked':
          return notice(
            `The ${finding.what} that your app sends could not be checked (${finding.reason}). This does not affect the release.`,
          );
        case 'versions':
          return fact(`Your app sends versions such as ${finding.versions.join(', ')} (30 days).`);
        case 'no-version':
          return notice(
            'Your app has sent no `Version` in the last 30 days, so the report of the release would stay empty. Mobile SDKs send it by default; set `appVersion` in the Browser SDK, or `app_version` in the HTTP API: https://amplitude.com/docs/sdks',
          );
        case 'version-form':
          return notice(
            `The version ${finding.version} ${finding.differences.join(' and ')}, unlike the versions that your app sends, such as ${finding.example}. Amplitude compares them exactly, so the report of the release would stay empty. ${adviceFor(finding.tagPrefix)}`,
          );
        case 'platforms':
          return fact(
            finding.platforms.length === 0
              ? 'Your users have no `Platform` (30 days).'
              : `Your users have the platforms ${finding.platforms.join(', ')} (30 days).`,
          );
        case 'unused-platform':
          return notice(
            `None of your users has the platform ${finding.platform} (30 days). ` +
              (finding.alike === void 0
                ? 'Check `platforms`: Amplitude compares the names exactly.'
                : `Did you mean ${finding.alike}? Correct \`platforms\`: Amplitude compares the names exactly.`),
          );
      }
    }
    function adviceFor(tagPrefix) {
      if (tagPrefix === void 0) return 'Set `version` to the version as your app sends it.';
      return tagPrefix === '' ? 'Remove `tag-prefix`.' : `Set \`tag-prefix: ${tagPrefix}\`.`;
    }
    const compositionSchema = zod_mini__WEBPACK_IMPORTED_MODULE_3__.Ikc({
      data: zod_mini__WEBPACK_IMPORTED_MODULE_3__
        .Ikc({
          series: zod_mini__WEBPACK_IMPORTED_MODULE_3__
            .YOg(zod_mini__WEBPACK_IMPORTED_MODULE_3__.YOg(zod_mini__WEBPACK_IMPORTED_MODULE_3__.aig()))
            .check(zod_mini__WEBPACK_IMPORTED_MODULE_4__.Eb(1)),
          xValues: zod_mini__WEBPACK_IMPORTED_MODULE_3__.YOg(zod_mini__WEBPACK_IMPORTED_MODULE_3__.YjP()),
        })
        .check(
          zod_mini__WEBPACK_IMPORTED_MODULE_3__.YPB(
            ({ series, xValues }) => (series[0] ?? []).length === xValues.length,
          ),
        ),
    });
    async function readComposition({ releaseUrl, credentials, proxies, redactor, signal, timeoutMs }, property, now) {
      const url = new URL('composition', releaseUrl);
      url.searchParams.set('start', dayOf(new Date(now.getTime() - (periodDays - 1) * dayMs)));
      url.searchParams.set('end', dayOf(now));
      url.searchParams.set('p', property);
      try {
        const response = await (0, _request_js__WEBPACK_IMPORTED_MODULE_2__.tN)({
          method: 'GET',
          url,
          headers: {
            accept: 'application/json',
            authorization: `Basic ${credentials.basic}`,
            'user-agent': `${_package_json__WEBPACK_IMPORTED_MODULE_0__.UU}/${_package_json__WEBPACK_IMPORTED_MODULE_0__.rE}`,
          },
          proxies,
          timeoutMs,
          maxBodyBytes,
          signal,
        });
        return readResponse(response, url);
      } catch (error) {
        if (!(error instanceof _errors_js__WEBPACK_IMPORTED_MODULE_1__.GI)) throw error;
        if (error.stage === 'verifying' || error.stage === 'proxy') return { kind: 'rejected', cause: error };
        return {
          kind: 'unknown',
          reason: redactor.redactParts((0, _errors_js__WEBPACK_IMPORTED_MODULE_1__.bD)(error)),
        };
      }
    }
    function readResponse(response, { host }) {
      const { status, body, isComplete } = response;
      if (status === 401 || (status === 403 && !isAboutPlan(body))) return { kind: 'rejected', cause: response };
      if (status !== 200) return { kind: 'unknown', reason: `${host}: ${String(status)}` };
      if (!isComplete) return { kind: 'unknown', reason: `${host}: 200, the response was cut short` };
      const composition = compositionSchema.safeParse((0, _json_js__WEBPACK_IMPORTED_MODULE_5__.q)(body)).data;
      if (composition === void 0) return { kind: 'unknown', reason: `${host}: 200 in an unknown shape` };
      const { series, xValues } = composition.data;
      const values = xValues.map((value, index) => ({ value, users: series[0]?.[index] ?? 0 }));
      return {
        kind: 'values',
        values: values.filter(({ value, users }) => value !== noValue && users > 0).sort((a, b) => b.users - a.users),
      };
    }
    function isAboutPlan(body) {
      return /\b(?:plan|upgrade|subscription)\b/i.test(body);
    }
    function dayOf(date) {
      return date.toISOString().slice(0, 10).replaceAll('-', '');
    }
  },
};

/** Small payloads with the fields that GitHub sends, for tests about one of them. */

const repository = { name: 'shop', full_name: 'octo-org/shop', default_branch: 'main' } as const;
const sender = { login: 'octocat' } as const;

/** The event `release`, with what differs from a release that was just published. */
export function releaseEvent(release: Readonly<Record<string, unknown>> = {}, action = 'published') {
  return {
    eventName: 'release',
    payload: {
      action,
      release: {
        tag_name: 'v1.4.0',
        name: 'Checkout in one step',
        draft: false,
        prerelease: false,
        created_at: '2026-11-20T08:15:02Z',
        published_at: '2026-11-23T10:52:35Z',
        body: '* Checkout fits on one page',
        ...release,
      },
      repository,
      sender,
    },
  };
}

/** The event `push` of a tag. */
export function tagEvent(tag: string, push: Readonly<Record<string, unknown>> = {}) {
  return {
    eventName: 'push',
    payload: { ref: `refs/tags/${tag}`, created: true, deleted: false, repository, sender, ...push },
  };
}

/** An event whose payload says nothing about a release. */
export function plainEvent(eventName: string, ref: string) {
  return { eventName, ref, payload: { repository, sender } };
}

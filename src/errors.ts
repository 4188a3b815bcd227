/** What is wrong with one input, by the name it has in action.yml. The message completes "Input `name` …". */
export type Problem = { readonly input: string; readonly message: string };

/** One or more inputs cannot be used. The values stay out of the message: they may be secrets. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(({ input, message }) => `Input \`${input}\` ${message}`).join('\n'), options);
    this.problems = problems;
  }
}

/** The workflow was started by an event after which there is nothing to publish. */
export class EventError extends Error {
  override readonly name = 'EventError';
  readonly event: string;

  constructor(event: string, message: string) {
    super(message);
    this.event = event;
  }
}

/**
 * How far a request came before it failed, told by its socket:
 * `connecting`: nothing of the request was written; `verifying`: nothing was written, because the server's certificate
 * did not verify; `answering`: the request was, or may have been, written.
 */
export type Stage = 'connecting' | 'verifying' | 'answering';

/** A request that got no status from the server. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly stage: Stage;

  constructor(message: string, facts: { stage: Stage }, options?: ErrorOptions) {
    super(message, options);
    this.stage = facts.stage;
  }
}

/**
 * What a failure says about the release:
 * `configuration`: refused, and every other try would be; `outage`: not taken, so trying again is safe;
 * `uncertain`: may have been taken, so trying again is not; `refusal`: a success status without a release.
 */
export type Fault = 'configuration' | 'outage' | 'uncertain' | 'refusal';

/** Amplitude did not confirm the release. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly fault: Fault;
  readonly status: number | undefined;

  constructor(message: string, facts: { fault: Fault; status: number | undefined }, options?: ErrorOptions) {
    super(message, options);
    this.fault = facts.fault;
    this.status = facts.status;
  }
}

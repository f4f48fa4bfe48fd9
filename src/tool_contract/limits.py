"""Limits of the contract, each with where it comes from. Sizes are bytes of UTF-8, times are seconds."""

from __future__ import annotations

from typing import Final

#: Calls of one execution: neither 256 KiB of state nor 25,000 history events can run out below it.
MAX_CALLS: Final = 250
#: An inline Map's concurrent iterations (Step Functions).
MAX_CONCURRENCY: Final = 40
DEFAULT_CONCURRENCY: Final = 10
MAX_FALLBACKS: Final = 5
MAX_RETRIES: Final = 10
DEFAULT_RETRIES: Final = 3

DEFAULT_CALL_TIMEOUT_SECONDS: Final = 30
#: One minute under a Lambda function's longest run of 900 s, so that a soft limit can still answer.
MAX_CALL_TIMEOUT_SECONDS: Final = 840
DEFAULT_EXECUTION_TIMEOUT_SECONDS: Final = 300
#: One day. The state machine's own timeout stands an hour above it.
MAX_EXECUTION_TIMEOUT_SECONDS: Final = 86_400
#: An Express state machine ends an execution after five minutes (Step Functions), finished or not.
EXPRESS_SECONDS: Final = 300
#: The timeout of an execution on the Express state machine is less than this.
EXPRESS_TIMEOUT_BELOW_SECONDS: Final = 290
#: What it is where nobody says: so that what the timeout strikes has 30 s to end in, as on the Standard one.
DEFAULT_EXPRESS_TIMEOUT_SECONDS: Final = 270
MAX_DELAY_SECONDS: Final = 3_600
#: With less time left before the deadline, no attempt of a tool that may change things is begun.
MIN_SECONDS_FOR_EFFECTS: Final = 2
#: A cached result may be this old, if its tool says so.
MAX_CACHE_TTL_SECONDS: Final = 86_400

#: The hard limit of an attempt (the task's) is the soft one (the runtime's) plus this: a cold start counts in it.
HARD_TIMEOUT_ALLOWANCE_SECONDS: Final = 10

#: Input or output of any state and of an execution (Step Functions).
MAX_STATE_BYTES: Final = 262_144
#: What an execution's output may hold; the rest of MAX_STATE_BYTES is headroom for the service's own framing.
MAX_OUTPUT_BYTES: Final = 200_000
#: A request that StartExecution takes and that Plan can still be given: it is wrapped in the planner's own input.
MAX_REQUEST_BYTES: Final = 256_000
#: A larger request goes by S3: the client puts it there, the planner reads it.
MAX_REQUEST_BYTES_BY_REFERENCE: Final = 6_000_000
#: An input with results in place of its references: no more than could have been sent.
MAX_RESOLVED_INPUT_BYTES: Final = MAX_REQUEST_BYTES_BY_REFERENCE
#: What a plan may hold in the state, for the same reason as a request that goes inline.
MAX_PLAN_BYTES: Final = 240_000
#: History events of an execution (Step Functions).
MAX_HISTORY_EVENTS: Final = 25_000
#: A failed attempt's envelope, encoded as JSON inside JSON: a cause holds 32,768 characters.
MAX_RAISED_CHARACTERS: Final = 24_000
#: Inputs and results above this go to S3: every update of a record is charged for its whole size.
MAX_INLINE_BYTES: Final = 8_192
#: A Lambda function's answer is at most 6 MB; a result is stored by the tool itself, so the same limit serves.
MAX_RESULT_BYTES: Final = 6_000_000

MAX_JSON_DEPTH: Final = 64
#: A result stands a few levels down in an output, which must be readable as a whole.
MAX_RESULT_DEPTH: Final = MAX_JSON_DEPTH - 8
MAX_ERROR_CHARACTERS: Final = 500
#: Problems listed in one complaint, encoded as JSON inside JSON: it travels as a failed execution's cause.
MAX_PROBLEMS_CHARACTERS: Final = 20_000
#: Problems listed in one envelope: a function's answer is at most 6 MB, whatever is wrong with an input.
MAX_DETAILS: Final = 100
#: Each is held against the schemas of up to six tools before anything runs, in the planner's 30 s.
MAX_REFERENCES: Final = 1_000
#: Their names stand in the execution's record, and Finish deletes ten of them a call.
MAX_ONE_TIME_SECRETS: Final = 500
MAX_METADATA_BYTES: Final = 2_048
#: What a tool tells of a failure beside its sentence, such as where a browser stood.
MAX_FAILURE_METADATA_BYTES: Final = 4_096
MAX_REASONING_CHARACTERS: Final = 2_000
#: A session is kept under its name, and providers and logs repeat it.
MAX_SESSION_CHARACTERS: Final = 200

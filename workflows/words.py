"""A case in words, for the server's own page and for whoever reads a task."""

from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError

from models.case import CaseState
from models.vocabulary import Mode, TaskKind

HELD = "HeldByLaw"  # the type of the error by which the purge says that a legal hold stands


def in_words(state: CaseState) -> str:
    """Where the case stands and who is waited for, as Markdown."""
    does = "pauses" if state.mode is Mode.PAUSE else f"leaves ({state.mode})"
    lines = [f"**{state.account}** {does}: stage **{state.stage}**."]
    if waiting := state.waiting_for:
        until = f" until {waiting.until:%Y-%m-%d %H:%M %Z}" if waiting.until else ""
        lines.append(f"Waits for {waiting.who}{until}: {waiting.why}.")
    lines += [f"- Task {task.id} for {task.owner}: {task.cause}. {task.fix}" for task in state.tasks]
    return "\n".join(lines)


def cause_of(error: ActivityError | ChildWorkflowError) -> tuple[str, str]:
    """What went wrong and what to do, from the innermost failure that we wrote ourselves."""
    found = _innermost(error)
    if found is None:
        return f"{type(error.cause or error).__name__}: {error.cause or error}"[:300], "see the log, then retry"
    details = found.details[0] if found.details else None
    fix = details.get("fix") if isinstance(details, dict) else details
    return found.message[:300], str(fix or "mend the cause, then: farewell resolve ACCOUNT TASK --outcome retry")[:300]


def kind_of(error: ActivityError | ChildWorkflowError) -> TaskKind:
    """The kind of task that a failed step becomes."""
    found = _innermost(error)
    return TaskKind.HOLD_REVIEW if found is not None and found.type == HELD else TaskKind.STEP_FAILED


def _innermost(error: BaseException | None) -> ApplicationError | None:
    while error is not None:
        if isinstance(error, ApplicationError):
            return error
        error = error.__cause__
    return None

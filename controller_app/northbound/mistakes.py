"""Mistakes of a policy text as messages of the northbound API, and back. Quick to import: every command loads it."""

from controller_app.northbound import appsteer_pb2 as pb
from steering.errors import PolicyError, PolicyErrors


def mistake_messages(errors: PolicyErrors) -> list[pb.Mistake]:
    """The mistakes, in the order of the text."""
    return [
        pb.Mistake(
            file=error.file,
            line=error.line,
            column=error.column,
            text=error.text,
            expected=error.expected,
            suggestion=error.suggestion,
        )
        for error in errors.errors
    ]


def policy_error(mistake: pb.Mistake) -> PolicyError:
    """The mistake as steering has it."""
    return PolicyError(**{field.name: getattr(mistake, field.name) for field in mistake.DESCRIPTOR.fields})

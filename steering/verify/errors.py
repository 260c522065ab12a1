"""What can go wrong in a proof, other than a policy that is not kept."""

from __future__ import annotations

from steering.errors import SteeringError


class VerifyError(SteeringError):
    """The rules or the policy do what the verifier cannot judge; the text names it. Nothing is proven then."""

"""Policies: the file format, its validation, and the value that the evaluator and the compiler read."""

from steering.policy.check import check_policy
from steering.policy.files import pack
from steering.policy.load import load_policy, parse_policy, policy_schema
from steering.policy.policy import Policy

__all__ = ["Policy", "check_policy", "load_policy", "pack", "parse_policy", "policy_schema"]

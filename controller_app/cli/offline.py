"""What `appsteer policy` does without a controller. Loaded only when asked for: the compiler is slow to import."""

from pathlib import Path

from controller_app.decisions import Judge, Names
from controller_app.errors import ConfigError
from controller_app.network import SavedNetwork, load_network, view_of
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.northbound import convert
from controller_app.northbound.describe import describe
from controller_app.northbound.proofs import verify_message
from controller_app.planner import compile_for
from steering.errors import PolicyErrors
from steering.network import NetworkView
from steering.policy import check_policy, load_policy
from steering.verify import verify_network


def compile_offline(file: Path, network: Path) -> pb.CompileReply:
    """The rules a policy file becomes in a saved network. Raises PolicyErrors, SteeringError, StateError."""
    policy, saved = load_policy(file), load_network(network)
    view = view_of(saved)
    if mistakes := check_policy(policy, saved.catalogue, view):
        raise PolicyErrors(mistakes)
    compiled = compile_for(policy, saved.catalogue, view, _with_agent(saved))
    return pb.CompileReply(
        switches=[convert.rules_message(dpid, view.switches[dpid].name, rules) for dpid, rules in compiled.items()]
    )


def verify_offline(file: Path, network: Path) -> pb.VerifyReply:
    """Whether the rules that a policy file becomes in a saved network implement it. Raises as compile_offline."""
    policy, saved = load_policy(file), load_network(network)
    view = view_of(saved)
    if mistakes := check_policy(policy, saved.catalogue, view):
        raise PolicyErrors(mistakes)
    with_agent = _with_agent(saved)
    compiled = compile_for(policy, saved.catalogue, view, with_agent)
    proof = verify_network(
        policy,
        saved.catalogue,
        view,
        compiled,
        ordinary=frozenset(view.switches) - with_agent,
        compiled=compiled,
    )
    return verify_message(proof, view, saved.catalogue)


def explain_offline(file: Path, described: pb.DescribedFlow) -> pb.ExplainReply:
    """Why a policy file decides a flow as it does; no path, for want of a network. Raises PolicyErrors, ConfigError."""
    try:
        flow = describe(described, Names())
    except ValueError as error:
        raise ConfigError(str(error), value=described) from error
    policy = load_policy(file)
    said = {fact.partition("=")[0] for fact in described.facts} | ({"category"} if flow.category else set())
    nodes = [node for rule in policy.rules for _, node in rule.match.nodes()]
    open_ = [
        name for name in _OF_THE_CATALOGUE if name not in said and any(getattr(n, name) is not None for n in nodes)
    ]
    if described.app and flow.application and open_:
        raise ConfigError(
            f"{file} asks for {' and '.join(open_)}, and only a controller knows that of {described.app!r}: "
            "say it with --category or --l7, or leave --policy out",
            value=described,
        )
    return convert.explain_message(Judge(policy, Names(), NetworkView(switches={})).explain(flow))


# Conditions on what a catalogue says of an application.
_OF_THE_CATALOGUE = ("category", "owner", "tag", "risk", "encrypted")


def _with_agent(saved: SavedNetwork) -> frozenset[int]:
    return frozenset(int(switch.dpid, 16) for switch in saved.switches if switch.edge_zone is not None)

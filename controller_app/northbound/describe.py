"""A flow described in words of the command line, as `steering` wants it. Raises ValueError with one sentence."""

import ipaddress

from controller_app.decisions import Names
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.northbound.facts import facts
from ofext.errors import EncodeError
from ofext.ids import UNKNOWN_APP
from steering.evaluate import FlowDescription
from steering.policy.values import PROTOCOLS


def describe(flow: pb.DescribedFlow, names: Names) -> FlowDescription:
    """The flow; what is not said is as for an unknown application over TCP."""
    for address in (flow.src, flow.dst):
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise ValueError(f"{address!r} is no IP address") from None
    application = None if flow.inspecting else (flow.app or names.app_key(UNKNOWN_APP))
    app_id = _app_id(application, names)
    known = {
        "risk": None if app_id is None else names.risk_of(app_id),
        "owner": None if app_id is None else names.owner_of(app_id),
        "encrypted": None if app_id is None else names.tags.encrypts(app_id, 0, ""),
        "tags": frozenset() if app_id is None else names.tags.of(app_id, 0, ""),
    }
    kinds = dict(names.attributes.values())
    return FlowDescription(
        src=flow.src,
        dst=flow.dst,
        ip_proto=_protocol(flow.l4),
        src_port=flow.sport or None,
        dst_port=flow.dport or None,
        eth_src=flow.eth_src or None,
        eth_dst=flow.eth_dst or None,
        vlan=flow.vlan or None,
        ingress_switch=flow.switch_name or None,
        ingress_port=flow.port or None,
        application=application,
        category=None if application is None else (flow.category or names.category_of(application) or None),
        app_id=app_id,
        sni=flow.sni or None,
        http_host=flow.http_host or None,
        dns_query=flow.dns_query or None,
        **(known | facts(flow.facts, kinds)),
    )


def _app_id(application: str | None, names: Names) -> int | None:
    try:
        return None if application is None else names.app_id_of(application)
    except EncodeError as error:
        raise ValueError(f"{application!r} is no application: {error}") from None


def _protocol(text: str) -> int:
    if not text:
        return PROTOCOLS["tcp"]
    number = PROTOCOLS.get(text.lower(), int(text) if text.isdecimal() else -1)
    if not 0 <= number <= 255:
        raise ValueError(f"{text!r} is no protocol: {', '.join(PROTOCOLS)} or a number from 0 to 255")
    return number

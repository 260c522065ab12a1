"""Teaches os-ken the L7 fields: `OFPMatch(l7_app_id=…)` in OpenFlow 1.3, 1.4 and 1.5.

After `register()`, `l7_app_id=0x14000001`, `l7_app_id=(value, mask)`, `l7_category=5`, `l7_state=2`, `l7_state=(0, 1)`,
`l7_sni="*.example.com"`, `l7_http_host=…`, `l7_dns_query=…` serialise and parse back, mixed with any other field.
Messages of the experimenter arrive as `EventOFPExperimenter` with `msg.experimenter`, `msg.exp_type` and `msg.data`
(for `ofext.messages.decode_body`); its errors as `EventOFPErrorMsg` with `msg.experimenter` and `msg.exp_type`.
"""

from collections.abc import Iterable
from typing import Final

OPENFLOW_VERSIONS: Final = (4, 5, 6)  # 1.3, 1.4, 1.5


def register(versions: Iterable[int] = OPENFLOW_VERSIONS) -> None:
    """Registers the fields with os-ken's modules of these versions; doing it again changes nothing."""
    raise NotImplementedError

"""Reading the connection tracker's dump."""

from switch_dpi.conntrack import flow_key, parse_conntrack

DUMP = """\
tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=40000,dport=443),reply=(src=10.0.0.2,dst=10.0.0.1,sport=443,dport=40000),\
zone=5,mark=335544321,labels=0x100000019,protoinfo=(state=ESTABLISHED)
tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=40001,dport=443),reply=(src=10.0.0.2,dst=10.0.0.1,sport=443,dport=40001),\
zone=5,protoinfo=(state=TIME_WAIT)
icmp,orig=(src=10.0.0.1,dst=10.0.0.2,id=7,type=8,code=0),reply=(src=10.0.0.2,dst=10.0.0.1,id=7,type=0,code=0),zone=5
udp,orig=(src=fe80::1,dst=ff02::fb,sport=5353,dport=5353),reply=(src=ff02::fb,dst=fe80::1,sport=5353,dport=5353),zone=5
gre,orig=(src=10.0.0.1,dst=10.0.0.2),reply=(src=10.0.0.2,dst=10.0.0.1),zone=5
nonsense
"""


def test_every_readable_line_is_a_connection() -> None:
    established, closing, echo, mdns = parse_conntrack(DUMP)
    assert (established.mark, established.label, established.is_closing) == (335544321, 0x100000019, False)
    assert (closing.mark, closing.label, closing.is_closing) == (0, 0, True)
    assert (echo.sport, echo.dport) == (7, 8 * 256)
    assert mdns.src == "fe80::1"


def test_key_is_the_same_in_both_directions() -> None:
    assert flow_key(6, "10.0.0.1", 1, "10.0.0.2", 2) == flow_key(6, "10.0.0.2", 2, "10.0.0.1", 1)
    assert flow_key(1, "10.0.0.1", 7, "10.0.0.2", 2048) == flow_key(1, "10.0.0.2", 7, "10.0.0.1", 2048)

"""Policy files: what is accepted, and what is said about what is not."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from steering_flows import CATALOGUE

from steering.compile import compile_network
from steering.errors import CompileError, PolicyErrors
from steering.network import CatalogueView, NetworkView, PortView, SwitchView
from steering.policy import Policy, check_policy, files, load_policy, parse_policy, policy_schema, source
from steering.policy.model import MarkDscp, SendThrough

TREE = Path(__file__).parents[3]
GOOD = """\
version: 1
services:
  - name: shaper
    kind: transparent
    attach: {switch: s2, ingress: s2-eth5, egress: 6}
chains:
  - {name: video, services: [shaper]}
defaults: {action: allow, while_inspecting: hold}
policies:
  - name: no-ssh
    match: {application: ssh}
    action: deny
    while_inspecting: hold
  - name: films
    match: {category: [video, web], sni: "*.Films.Example.", dst_port: [443, 8000-8100]}
    action: {chain: video}
  - name: voice
    match: {src: 10.0.0.0/8, ip_proto: udp, eth_src: 02-00-00-00-00-0A}
    action: {dscp: 46}
"""


def errors_of(text: str) -> list[str]:
    with pytest.raises(PolicyErrors) as caught:
        parse_policy(text, "p.yaml")
    return [str(error) for error in caught.value.errors]


def with_policy(text: str) -> str:
    return f"version: 1\npolicies:\n  - {text}\n"


def test_a_good_file_becomes_a_policy_with_normal_values() -> None:
    policy = parse_policy(GOOD)
    assert [rule.name for rule in policy.rules] == ["no-ssh", "films", "voice"]
    assert policy.rules[1].match.sni == ("*.films.example",)
    assert policy.rules[1].match.dst_port == ((443, 443), (8000, 8100))
    assert policy.rules[1].action == SendThrough(chain="video")
    assert policy.rules[2].match.eth_src == ("02:00:00:00:00:0a",)
    assert policy.rules[2].match.ip_proto == (17,)
    assert policy.rules[2].action == MarkDscp(dscp=46)
    assert policy.defaults.while_inspecting == "hold"
    assert policy.services["shaper"].attach.egress == 6


def test_all_mistakes_of_a_file_are_told_at_once_with_their_places() -> None:
    text = GOOD.replace("transparent", "transparnt").replace("deny", "dney").replace("chain: video", "chain: vidoe")
    told = errors_of(text)
    assert [error.split(": ")[0] for error in told] == ["p.yaml:4:11", "p.yaml:12:13", "p.yaml:16:21"]
    assert [error.split("did you mean ")[1] for error in told] == ["'transparent'?", "'deny'?", "'video'?"]


def test_the_error_has_file_line_column_text_and_what_was_expected() -> None:
    with pytest.raises(PolicyErrors) as caught:
        parse_policy(with_policy("{name: a, match: {dst_port: 90-80}, action: deny}"), "p.yaml")
    (error,) = caught.value.errors
    assert (error.file, error.line, error.column, error.text) == ("p.yaml", 3, 33, "90-80")
    assert error.expected == "expected port numbers from 0 to 65535, the smaller first"


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("version: [1", "1:12", "this is no YAML"),
        ("a: b: c", "1:5", "this is no YAML"),
        ("", "1:1", "the file is empty"),
        ("- a", "1:1", "expected keys at the top"),
        ("version: 2", "1:10", "expected version 1"),
        ("version: true", "1:10", "expected version 1"),
        ("policies: []", "1:1", "the key 'version' is missing"),
        ("version: 1\npolcies: []", "2:1", "unknown key 'polcies' (at 'polcies'); did you mean 'policies'?"),
        ("version: 1\nversion: 1", "2:1", "the key 'version' stands twice; first on line 1"),
        ("version: 1\npolicies: {}", "2:11", "expected a list"),
        ("version: 1\npolicies: 5", "2:11", "expected a list"),
        ("version: 1\npolicies:", "2:10", "a value is missing here"),
        ("version: 1\npolicies: [5]", "2:12", "expected keys and values"),
        ("version: 1\n? [a]\n: b", "2:3", "a key must be a plain word"),
        ("version: 1\npolicies: &a [*a]", "2:11", "an alias that contains itself"),
        ("version: 1\nchains: [{name: c, services: []}]", "2:30", "at least 1"),
        ("version: 1\nchains: [{name: c, services: [x]}]", "2:31", "expected the name of a service"),
        ("version: 1\n--- \nversion: 1", "2:1", "this is no YAML"),
        ("version: !!bool fish", "1:10", "this value cannot be read"),
        ("version: !!int ''", "1:10", "this value cannot be read"),
        ("version: !!python/name:os.system x", "1:10", "this value cannot be read: could not determine a constructor"),
        ("a: " + "[" * 1000, "1:1", "lists and keys are nested too deep"),
        ("a: " + "{a: " * 1000, "1:1", "lists and keys are nested too deep"),
    ],
)
def test_mistakes_of_the_file_as_a_whole(text: str, place: str, said: str) -> None:
    told = errors_of(text)
    assert any(error.startswith(f"p.yaml:{place}: {said}") or (place in error and said in error) for error in told), (
        told
    )


@pytest.mark.parametrize(
    ("rule", "column", "said"),
    [
        ("{name: a}", 5, "the key 'action' is missing"),
        ("{name: a, action: drop}", 23, "expected 'allow' or 'deny', {chain: …} or {dscp: …}"),
        ("{name: a, action: {dscp: 64}}", 30, "less than or equal to 63"),
        ("{name: a, action: {chian: x}}", 24, "unknown key 'chian' (at 'chian'); did you mean 'chain'?"),
        ("{name: a, action: deny, match: }", 35, "a value is missing here"),
        ("{name: a, action: deny, match: {application: }}", 49, "a value is missing here"),
        ("{name: a, action: deny, match: {application: []}}", 50, "at least 1"),
        ("{name: a, action: deny, match: {application: [5]}}", 51, "expected a string"),
        ("{name: a, action: deny, match: {app: ssh}}", 37, "unknown key 'app'"),
        ("{name: a, action: {chain: x, dscp: 5}}", 24, "the key 'chain' does not belong here"),
        ("{name: a, action: deny, match: {src: 10.0.0.1/8}}", 42, "its network is 10.0.0.0/8"),
        ("{name: a, action: deny, match: {src: fish}}", 42, "expected an IPv4 or IPv6 address"),
        ("{name: a, action: deny, match: {src: 'fe80::1%eth0'}}", 42, "expected an IPv4 or IPv6 address"),
        ("{name: a, action: deny, match: {ingress: {switch: s1, port: true}}}", 65, "the name or the number of a port"),
        ("{name: a, action: deny, match: {eth_src: fish}}", 46, "expected a MAC address"),
        ("{name: a, action: deny, match: {ip_proto: tpc}}", 47, "expected tcp, udp, icmp, sctp"),
        ("{name: a, action: deny, match: {vlan: 4095}}", 43, "less than or equal to 4094"),
        ("{name: a, action: deny, match: {vlan: red}}", 43, "expected an integer"),
        ("{name: a, action: deny, match: {dst_port: 65536}}", 47, "0 to 65535"),
        ("{name: a, action: deny, match: {dst_port: true}}", 47, "expected a port number"),
        ("{name: a, action: deny, match: {sni: '*.*.x'}}", 42, "a pattern is a host name"),
        ("{name: a, action: deny, match: {src: 10.0.0.1, dst: '::1'}}", 57, "no IP version in common"),
        ("{name: a, action: deny, match: {ip_proto: icmp, dst_port: 1}}", 47, "protocol 1 has no ports"),
        ("{name: a, action: deny, while_inspecting: hold}", 5, "while_inspecting has no meaning"),
        ("{name: a, action: deny, match: {sni: x}, while_inspecting: deny}", 64, "expected 'allow' or 'hold'"),
        ("{name: a, action: deny, match: {risk: 80-60}}", 43, "60-80 or 60-, from 0 to 255"),
        ("{name: a, action: deny, match: {confidence: 101}}", 49, "from 0 to 100"),
        ("{name: a, action: deny, match: {encrypted: 1}}", 48, "expected a boolean"),
        (
            "{name: a, action: deny, match: {engine: l8}}",
            45,
            "iana-l3, iana-l4, user-defined, l7 or an engine's number",
        ),
        ("{name: a, action: deny, match: {state: inspecting}}", 44, "final, guessed, revised, gave_up"),
        ("{name: a, action: deny, match: {tag: 'a b'}}", 42, "a tag is a-z, 0-9 and single hyphens"),
        ("{name: a, action: deny, match: {user: '**'}}", 43, "a text pattern is a text"),
        ("{name: a, action: deny, match: {attributes: {http.method: {is: x}}}}", 64, "unknown key 'is'"),
        ("{name: a, action: deny, match: {attributes: {http.method: {}}}}", 63, "expected a value, or one of equals,"),
        ("{name: a, action: deny, match: {attributes: {http.method: {sufix: x}}}}", 64, "did you mean 'suffix'?"),
        ("{name: a, action: deny, match: {attributes: {http.method: {present: false}}}}", 73, "expected true"),
        ("{name: a, action: deny, match: {attributes: {http.status: {range: 9-1}}}}", 71, "the smaller first"),
        ("{name: a, action: deny, match: {attributes: {http.method: [true]}}}", 64, "expected a text or a number"),
        ("{name: a b, action: deny}", 12, "expected a name that fits"),
    ],
)
def test_mistakes_of_one_policy(rule: str, column: int, said: str) -> None:
    told = errors_of(with_policy(rule))
    assert any(error.startswith(f"p.yaml:3:{column}:") and said in error for error in told), told


def test_one_name_for_two_policies_is_refused_at_the_second() -> None:
    (told,) = errors_of("version: 1\npolicies:\n  - {name: a, action: deny}\n  - {name: a, action: deny}\n")
    assert told.startswith("p.yaml:4:12: two of the policies have this name")


def test_a_service_twice_on_a_chain_is_refused() -> None:
    (told,) = errors_of(GOOD.replace("services: [shaper]", "services: [shaper, shaper]"))
    assert told.startswith("p.yaml:7:38: a chain passes a service at most once")


def test_a_function_on_one_port_is_refused() -> None:
    (told,) = errors_of(GOOD.replace("egress: 6", "egress: s2-eth5"))
    assert "a function needs two ports" in told


def test_limits_are_told_at_the_first_item_too_many() -> None:
    chains = "\n".join(f"  - {{name: c{n}, services: [shaper]}}" for n in range(126))
    text = GOOD.replace("  - {name: video, services: [shaper]}", "  - {name: video, services: [shaper]}\n" + chains)
    assert any("there may be at most 126 chains" in error and ":133:" in error for error in errors_of(text))
    names = ", ".join(f"n{n}.example" for n in range(97))
    (told,) = errors_of(with_policy(f"{{name: a, action: deny, match: {{sni: [{names}]}}}}"))
    assert "room for 96" in told
    assert "n96.example" in told
    hops = ", ".join(f"s{n}" for n in range(16))
    assert any("at most 15 items" in e for e in errors_of(f"version: 1\nchains: [{{name: c, services: [{hops}]}}]"))


def test_the_same_pattern_counts_once() -> None:
    rules = "\n".join(f"  - {{name: p{n}, action: deny, match: {{sni: [a.x, b.x]}}}}" for n in range(100))
    assert len(parse_policy(f"version: 1\npolicies:\n{rules}\n").rules) == 100


def test_aliases_that_multiply_end_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_NODES", 1000)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert any("multiply without end" in error for error in errors_of("\n".join(lines)))


def test_aliases_of_aliases_end_in_an_error_however_deep_they_go() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 2000))]
    (told,) = errors_of("\n".join(lines))
    assert "nested too deep" in told


def test_a_file_that_is_too_large_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_SIZE", 1000)
    with pytest.raises(PolicyErrors, match="/dev/zero:1:1: a policy has at most"):
        load_policy(Path("/dev/zero"))
    with pytest.raises(PolicyErrors, match="a policy has at most"):
        parse_policy("#" * 1001)


def test_files_that_cannot_be_read_are_errors_of_the_same_kind(tmp_path: Path) -> None:
    with pytest.raises(PolicyErrors, match="cannot be read: No such file"):
        load_policy(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"version: 1\nx: \xe9\n")
    with pytest.raises(PolicyErrors, match=r"latin\.yaml:2:4: the file is no UTF-8 text"):
        load_policy(tmp_path / "latin.yaml")


def test_a_file_on_disk_is_named_in_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(GOOD)
    assert load_policy(path) == parse_policy(GOOD)


def view() -> tuple[CatalogueView, NetworkView]:
    ports = {n: PortView(n, f"s2-eth{n}") for n in (1, 5, 6)}
    switch = SwitchView(dpid=2, name="s2", ports=ports, tap_port=None, edge_zone=1, service_zone=2)
    catalogue = CatalogueView(applications={"ssh": 1, "sip": 2}, categories={"video": 1, "web": 2})
    return catalogue, NetworkView(switches={2: switch})


def test_a_policy_that_fits_catalogue_and_network_has_no_further_errors() -> None:
    assert check_policy(parse_policy(GOOD), *view()) == []


def test_unknown_applications_switches_and_ports_are_told_with_their_places() -> None:
    text = GOOD.replace("application: ssh", "application: [example.org, shh]").replace("s2-eth5", "s2-eth55")
    text = text.replace("category: [video, web]", "category: [video, wbe], ingress: {switch: s3, port: 1}")
    told = [str(error) for error in check_policy(parse_policy(text, "p.yaml"), *view())]
    assert [error.split(": ")[0] for error in told] == ["p.yaml:5:35", "p.yaml:11:40", "p.yaml:15:31", "p.yaml:15:55"]
    assert "did you mean 'ssh'?" in told[1]
    assert "no switch 's3' is connected" in told[3]


def test_a_tag_that_nothing_has_is_told_if_it_is_known_which_there_are() -> None:
    policy = parse_policy(
        "version: 1\npolicies:\n- {name: p, match: {tag: [ads, streeming]}, action: deny}\n", "p.yaml"
    )
    catalogue, _ = view()
    assert check_policy(policy, catalogue, None) == []
    (error,) = check_policy(policy, replace(catalogue, tags=frozenset({"ads", "streaming"})), None)
    assert str(error).startswith("p.yaml:3:")
    assert "the catalogue has no tag 'streeming'" in str(error)
    assert "did you mean 'streaming'?" in str(error)


@pytest.mark.parametrize(
    ("attribute", "place", "said"),
    [
        (
            "http.metod: GET",
            "p.yaml:3:50",
            "no attribute has the name 'http.metod' (at 'http.metod'); did you mean 'http.method'?",
        ),
        ("http.method: {range: 1-2}", "p.yaml:3:71", "range of http.method: range cannot be asked of this type"),
        ("http.status: {prefix: 4}", "p.yaml:3:72", "prefix of http.status: prefix cannot be asked of this type"),
        ("http.status: '404'", "p.yaml:3:63", "equals of http.status: the attribute is a number, and '404' is a text"),
        ("user.address: fish", "p.yaml:3:64", "equals of user.address: 'fish' does not appear to be"),
        ("tls.cookie: {suffix: 0x0g}", "p.yaml:3:71", "suffix of tls.cookie: non-hexadecimal number"),
        ("http.method: ''", "p.yaml:3:63", "equals of http.method: a value to compare with has at least one byte"),
    ],
)
def test_attributes_are_held_against_the_catalogue(attribute: str, place: str, said: str) -> None:
    policy = parse_policy(with_policy(f"{{name: p, action: deny, match: {{attributes: {{{attribute}}}}}}}"), "p.yaml")
    (told,) = map(str, check_policy(policy, CATALOGUE, None))
    assert told.startswith(place)
    assert said in told
    with pytest.raises(CompileError, match=r"policy 'p': (the catalogue has no )?attribute"):
        compile_network(policy, CATALOGUE, NetworkView(switches=view()[1].switches))


def test_every_kind_of_predicate_takes_its_bits() -> None:
    conditions = {
        "tag": [f"t{n}" for n in range(90)],
        "confidence": [50, "60-"],
        "encrypted": True,
        "attributes": {"a.b": {"prefix": "x", "suffix": "y"}},
    }
    rule = {"name": "p", "match": conditions, "action": "deny"}
    parse_policy(json.dumps({"version": 1, "policies": [rule]}))
    one_more = {"name": "q", "match": {"user": "x"}, "action": "deny"}
    (told,) = errors_of(json.dumps({"version": 1, "policies": [rule, one_more]}))
    assert "room for 96" in told


@pytest.mark.parametrize("path", sorted(TREE.glob("topologies/**/policies/*.yaml")), ids=lambda path: path.name)
def test_the_policies_of_the_tree_are_valid(path: Path) -> None:
    assert load_policy(path).services


def test_the_policies_in_the_documents_are_valid() -> None:
    texts = (path.read_text() for path in (TREE / "README.md", *TREE.glob("docs/*.md")))
    shown = [block for text in texts for block in re.findall(r"```yaml\n(version: .*?)```", text, re.DOTALL)]
    assert any("no-ssh" in block for block in shown)
    for block in shown:
        parse_policy(block)


def test_the_conditions_in_the_documents_are_valid() -> None:
    text = (TREE / "docs" / "policy.md").read_text()
    shown = re.findall(r"```yaml\n(match:\n.*?)```", text, re.DOTALL)
    assert len(shown) == 2
    for block in shown:
        indented = block.replace("\n", "\n    ")
        (rule,) = parse_policy(f"version: 1\npolicies:\n  - name: p\n    action: deny\n    {indented}\n").rules
        assert rule.match.needs_verdict


def test_the_schema_is_json_and_offers_one_value_or_a_list_but_never_null() -> None:
    text = json.dumps(policy_schema())
    assert '"null"' not in text
    assert policy_schema()["$schema"].endswith("2020-12/schema")
    forms = policy_schema()["$defs"]["FlowMatch"]["properties"]["application"]["anyOf"]
    assert [form["type"] for form in forms] == ["string", "array"]


def test_the_schema_knows_short_forms_and_conditions_inside_conditions() -> None:
    schema = policy_schema()
    given = schema["$defs"]["FlowMatch"]["properties"]
    (attributes,) = given["attributes"]["anyOf"]
    forms = attributes["additionalProperties"]["anyOf"]
    assert forms[0] == {"$ref": "#/$defs/AttributeCondition"}
    assert [form["type"] for form in forms[1:]] == ["string", "integer", "array"]
    inner = {"$ref": "#/$defs/FlowMatch"}
    assert given["not"]["anyOf"] == [inner, {"type": "array", "items": inner, "minItems": 1}]
    assert given["any"]["anyOf"][0]["items"] == inner
    assert [form["type"] for form in schema["properties"]["include"]["anyOf"]] == ["string", "array"]


def test_policies_made_in_code_need_no_source() -> None:
    policy = parse_policy(GOOD)
    bare = Policy(policy.services, policy.chains, policy.rules, policy.defaults)
    assert bare == policy
    (error,) = check_policy(bare, CatalogueView(applications={"sip": 1}, categories={"video": 1, "web": 2}), None)
    assert "no application has the key 'ssh'" in str(error)

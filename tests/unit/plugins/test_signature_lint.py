"""Every rule of `plugins.lint`, by a file that breaks it: the fault is found, at its line."""

from pathlib import Path

import pytest

from plugins.lint import MAX_FINDINGS, Finding, lint, lint_plugin, main

CATEGORIES = """\
[[category]]
id = 0
key = "unknown"
name = "Unknown"
about = "Not recognised."

[[category]]
id = 2
key = "video"
name = "Video"
about = "Moving pictures."
"""

APPS = """\
[[app]]
id = 12000
key = "first"
name = "First"
owner = "One"
category = "video"
tags = ["streaming"]
domains = ["first.example", "first.test"]

[[app]]
id = 12001
key = "second"
name = "Second"
owner = "Two"
category = "video"
tags = ["streaming", "shared"]
domains = [
    "second.example",
    "second.test",
]
"""


def findings(folder: Path, apps: str = APPS, categories: str = CATEGORIES, file: str = "video.toml") -> list[Finding]:
    (folder / "apps").mkdir()
    (folder / "categories.toml").write_text(categories, encoding="utf-8")
    (folder / "apps" / file).write_text(apps, encoding="utf-8")
    return lint(folder)


def test_good_files_have_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path) == []


@pytest.mark.parametrize(
    ("good", "bad", "line", "text"),
    [
        ("id = 12001", "id = 12000", 11, "id 12000 is already that of 'first' (apps/video.toml:1)"),
        ('key = "second"', 'key = "first"', 12, "key 'first' is already that of 'first' (apps/video.toml:1)"),
        ('"second.test"', '"first.test"', 19, "domain 'first.test' is already that of 'first' (apps/video.toml:1)"),
        ('"second.test"', '"second.example"', 18, "domain 'second.example' is there twice"),
        ('"second.test"', '"www.second.example"', 19, "'second.example' of the same application covers it"),
        ('key = "first"', 'key = "First_One"', 3, "key 'First_One' has other characters"),
        ('category = "video"\ntags = ["streaming"]', 'category = "films"\ntags = ["x"]', 6, "'films' is not in"),
        ('tags = ["streaming"]', 'tags = ["Streaming!"]', 7, "tag 'Streaming!' has other characters"),
        ("id = 12000", "id = 13000", 2, "id 13000 is not one of this file's, 12000 to 12999"),
        ("id = 12000", 'id = "12000"', 2, "id is '12000', but should be of type int"),
        ("id = 12000", "id = true", 2, "id is True, but should be of type int"),
        ('name = "First"\n', "", 1, "name is missing"),
        ('owner = "One"', 'owner = ""', 5, "owner is empty"),
        ('owner = "One"', 'owner = "One"\nsite = "one.test"', 6, "site is not a known field"),
        ('["first.example", "first.test"]', "[]", 8, "domains is empty"),
        ('"first.test"', '"First.Test"', 8, "is not lower case"),
        ('"first.test"', '"first..test"', 8, "has a label that no host name has: ''"),
        ('"first.test"', '"*.first.test"', 8, "has a label that no host name has: '*'"),
        ('"first.test"', '"https://first.test"', 8, "has a label that no host name has: 'https://first'"),
        ('"first.test"', '".first.test"', 8, "has a label that no host name has: ''"),
        ('"first.test"', f'"{"a" * 64}.test"', 8, "has a label that no host name has"),
        ('"first.test"', f'"{"a." * 130}test"', 8, "has more than 253 bytes"),
        ('"first.test"', '"xn--bcher-kva.test"', 8, "is encoded: write it in Unicode"),
        ('"first.test"', '"com"', 8, "is a top-level domain"),
        ('"first.test"', '"co.uk"', 8, "is a public suffix"),
        ('"first.test"', '"com.br"', 8, "is a public suffix"),
        ('"first.test"', '"gob.ar"', 8, "is a public suffix"),
        ('"first.test"', '"k12.ca.us"', 8, "is a public suffix"),
        ('"first.test"', '"kawasaki.jp"', 8, "is a public suffix"),
        ('"first.test"', '"個人.hk"', 8, "is a public suffix"),
        ('"first.test"', '"cloudfront.net"', 8, "serves many unrelated parties"),
        ('"first.test"', '"github.io"', 8, "serves many unrelated parties"),
        ('"first.test"', '"akadns.net"', 8, "serves many unrelated parties"),
        ('tags = ["streaming"]', f'tags = ["{"a" * 252}"]', 7, "has 252 bytes, at most 251 are expected"),
        ('tags = ["streaming"]', f"tags = {['a'] * 65}", 7, "has 65 tags, at most 64 are expected"),
        ('owner = "One"', 'owner = "One"\nrisk = 101', 6, "risk is 101, but should be a number from 0 to 100"),
        ('owner = "One"', 'owner = "One"\nrisk = "low"', 6, "risk is 'low', but should be a number from 0 to 100"),
        ('owner = "One"', 'owner = "One"\nrisk = true', 6, "risk is True, but should be a number from 0 to 100"),
        ('tags = ["streaming"]', 'tags = ["streaming", "cdn"]', 7, "tag 'cdn' needs 'shared'"),
    ],
)
def test_a_fault_is_found_at_its_line(tmp_path: Path, good: str, bad: str, line: int, text: str) -> None:
    found = findings(tmp_path, APPS.replace(good, bad, 1))
    assert [(finding.file, finding.line) for finding in found] == [("apps/video.toml", line)]
    assert text in found[0].text


@pytest.mark.parametrize(
    "domain", ["bücher.test", "кц.рф", "d1234.cloudfront.net", "t.co", "x.com", "a_b.test", "city.kawasaki.jp"]
)
def test_domains_that_are_in_order(tmp_path: Path, domain: str) -> None:
    assert findings(tmp_path, APPS.replace("first.test", domain)) == []


@pytest.mark.parametrize("domain", ["cloudfront.net", "github.io", "gov.uk"])
def test_a_provider_says_that_a_suffix_is_shared(tmp_path: Path, domain: str) -> None:
    assert findings(tmp_path, APPS.replace("second.test", domain)) == []


def test_a_delivery_network_says_that_it_is_shared(tmp_path: Path) -> None:
    assert findings(tmp_path, APPS.replace('tags = ["streaming", "shared"]', 'tags = ["cdn", "shared"]')) == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('certificates = ["com.br"]', "certificate 'com.br' is a public suffix"),
        ('certificates = ["cloudfront.net"]', "certificate 'cloudfront.net' serves many unrelated parties"),
        ('certificates = ["*.relay.example"]', "certificate '*.relay.example' has a label that no host name has"),
        ('certificates = ["localhost"]', "certificate 'localhost' is the common name of many"),
        ('certificates = ["www.first.test"]', "is needless: domain 'first.test' covers certificates too"),
        (f'certificates = ["{"a" * 65}"]', "is neither a domain nor a common name"),
        ('alpn = ["h2"]', "ALPN 'h2' is offered by many applications"),
        ('alpn = ["http/1.1"]', "ALPN 'http/1.1' is offered by many applications"),
        ('alpn = ["h3"]', "ALPN 'h3' is offered by many applications"),
        ('alpn = ["h3-29"]', "ALPN 'h3-29' is offered by many applications"),
        ('alpn = ["mqtt"]', "ALPN 'mqtt' is offered by many applications"),
        ('alpn = ["x"]', "ALPN 'x' is too short to be one application's"),
        ('alpn = ["/x"]', "ALPN '/x' is no application protocol"),
        ('user_agents = ["Mozilla/"]', "user agent 'Mozilla/' stands in the user agents of many programs"),
        ('user_agents = ["curl"]', "user agent 'curl' stands in the user agents of many programs"),
        ('user_agents = ["5.0"]', "user agent '5.0' stands in the user agents of many programs"),
        ('user_agents = ["/First"]', "user agent '/First' is no product of a user agent"),
        ('user_agents = [""]', "user agent '' is no product of a user agent"),
        ('tls_fingerprints = ["T13"]', "TLS fingerprint 'T13' is neither a JA4 nor a JA3 in lower case"),
        ('tls_fingerprints = ["t13d1516h2_8daaf6152771_02713d6af862"]', "has the cipher suites of a browser"),
        ('networks = ["10.20.3.0/16"]', "network '10.20.3.0/16' has bits behind its prefix, expected 10.20.0.0/16"),
        ('networks = ["10.20.3.0"]', "network '10.20.3.0' has no prefix, expected 10.20.3.0/32"),
        ('networks = ["16.0.0.0/7"]', "is too broad to tell an application, expected a prefix of 8 bits at least"),
        ('networks = ["2a00::/18"]', "is too broad to tell an application, expected a prefix of 19 bits at least"),
        ('networks = ["224.0.0.0/8"]', "is no network of servers"),
        ('networks = ["first.test"]', "is no network, expected an address and a prefix such as 192.0.2.0/24"),
        ('networks = "10.20.0.0/16"', "networks is '10.20.0.0/16', but should be a list of texts"),
        ("alpn = [5]", "alpn is [5], but should be a list of texts"),
        ('user_agents = ["First/", "FIRST/"]', "user agent 'FIRST/' is there twice"),
    ],
)
def test_a_fault_beside_domains_is_found_at_its_line(tmp_path: Path, line: str, text: str) -> None:
    tags = 'tags = ["streaming"]\n'
    found = findings(tmp_path, APPS.replace(tags, f"{tags}{line}\n", 1))
    assert [(finding.file, finding.line) for finding in found] == [("apps/video.toml", 8)]
    assert text in found[0].text


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ('certificates = ["Relay One"]', 'certificates = ["relay one"]', "certificate 'relay one'"),
        ('alpn = ["first/"]', 'alpn = ["first/"]', "ALPN 'first/'"),
        ('user_agents = ["First/"]', 'user_agents = ["first/"]', "user agent 'first/'"),
        (f'tls_fingerprints = ["{"a" * 32}"]', f'tls_fingerprints = ["{"a" * 32}"]', f"TLS fingerprint '{'a' * 32}'"),
        ('networks = ["2001:db8::/32"]', 'networks = ["2001:0db8::/32"]', "network '2001:db8::/32'"),
    ],
)
def test_what_two_applications_have_tells_neither(tmp_path: Path, first: str, second: str, what: str) -> None:
    apps = APPS.replace('domains = ["first', f'{first}\ndomains = ["first').replace(
        "domains = [\n", f"{second}\ndomains = [\n"
    )
    [found] = findings(tmp_path, apps)
    assert (found.file, found.line) == ("apps/video.toml", 18)
    assert found.text == f"{what} is already that of 'first' (apps/video.toml:1)"


def test_an_application_may_be_told_without_domains(tmp_path: Path) -> None:
    lines = """certificates = ["First Relay", "relay.test"]
alpn = ["first/1"]
user_agents = ["First/", "First Sync", "Microsoft First"]
tls_fingerprints = ["t12i550500_168bb377f8c8_a1e935682795"]
networks = ["10.20.0.0/16", "2001:db8::/32"]
domains = []"""
    assert findings(tmp_path, APPS.replace('domains = ["first.example", "first.test"]', lines)) == []


def test_an_example_gives_one_value(tmp_path: Path) -> None:
    two = '\n[[example]]\nhost = "first.test"\nalpn = "first"\napp = "first"\n'
    none = '\n[[example]]\napp = "first"\n'
    one = '\n[[example]]\naddress = "10.20.0.1"\napp = "first"\n'
    found = findings(tmp_path, APPS + one + two + none)
    kinds = "host, certificate, alpn, user_agent, tls_fingerprint, address"
    assert [str(finding) for finding in found] == [
        f"apps/video.toml:26: has host and alpn, but one of {kinds} is expected",
        f"apps/video.toml:31: has none, but one of {kinds} is expected",
    ]


def test_a_part_of_a_protocol_needs_no_domains(tmp_path: Path) -> None:
    apps = APPS.replace('["first.example", "first.test"]', "[]").replace('["streaming"]', '["service"]', 1)
    assert findings(tmp_path, apps) == []


@pytest.mark.parametrize(
    ("good", "bad", "line", "text"),
    [
        ("id = 2", "id = 0", 8, "id 0 is already that of 'unknown' (categories.toml:1)"),
        ("id = 2", "id = 256", 8, "id 256 does not fit in 8 bits"),
        ('name = "Video"\n', "", 7, "name is missing"),
        ('name = "Video"\n', 'name = "Video"\nrisk = -1\n', 11, "risk is -1, but should be a number from 0 to 100"),
    ],
)
def test_a_fault_of_a_category_is_found_at_its_line(tmp_path: Path, good: str, bad: str, line: int, text: str) -> None:
    found = findings(tmp_path, "", CATEGORIES.replace(good, bad, 1))
    assert [(finding.file, finding.line) for finding in found] == [("categories.toml", line)]
    assert text in found[0].text


def test_a_file_that_is_not_toml_is_named_with_the_line(tmp_path: Path) -> None:
    found = findings(tmp_path, APPS.replace('name = "First"', "name = First"))
    assert [(finding.file, finding.line) for finding in found] == [("apps/video.toml", 4)]


def test_a_file_is_named_after_a_category(tmp_path: Path) -> None:
    found = findings(tmp_path, file="films.toml")
    assert {(finding.file, finding.line) for finding in found} == {("apps/films.toml", 1), ("apps/films.toml", 10)}


def test_clashes_between_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "unknown.toml").write_text(
        '[[app]]\nid = 10000\nkey = "other"\nname = "Other"\nowner = "O"\ncategory = "unknown"\ntags = []\n'
        'domains = ["first.example"]\n'
    )
    (tmp_path / "apps" / "video.toml").write_text(APPS)
    (tmp_path / "categories.toml").write_text(CATEGORIES)
    assert [str(finding) for finding in lint(tmp_path)] == [
        "apps/video.toml:8: domain 'first.example' is already that of 'other' (apps/unknown.toml:1)"
    ]


def test_the_exit_code_tells_whether_there_are_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    findings(tmp_path)
    assert main([str(tmp_path)]) == 0
    (tmp_path / "categories.toml").write_text(CATEGORIES.replace("id = 2", "id = 300"))
    assert main([str(tmp_path)]) == 1
    assert "categories.toml:8: id 300 does not fit in 8 bits" in capsys.readouterr().out


def test_a_plugins_own_files_are_checked_by_themselves() -> None:
    own = '[[category]]\nid = 200\nkey = "ours"\nname = "Ours"\nabout = "Us."\n'
    app = APPS.replace("12000", "1000000").replace("12001", "1000001").replace('"video"', '"ours"')
    example = '[[example]]\nhost = "first.test"\napp = "first"\n\n[[example]]\nhost = 5\napp = ""\nport = 80\n'
    files = [("a.toml", own), ("b.toml", app), ("c.toml", example), ("d.toml", "[[rule]]\n")]
    assert [str(finding) for finding in lint_plugin(files, {"video": 2})] == [
        "c.toml:6: host should be a text",
        "c.toml:8: port is not a known field",
        "d.toml:1: has 'rule'; only [[category]] and [[app]] and [[protocol]] and [[example]] are known here",
    ]
    assert {finding.line for finding in lint_plugin(files[1:2], {"video": 2})} == {6, 15}


def test_of_many_faults_of_a_plugin_the_first_are_named() -> None:
    apps = APPS.replace('"first.example", ', "".join(f'"A{number}.example",\n' for number in range(MAX_FINDINGS + 5)))
    found = lint_plugin([("a.toml", apps)], {"video": 2})
    assert len(found) == MAX_FINDINGS + 1
    assert found[-1].text == "there are more faults, of which none is named"
    assert str(found[1]) == "a.toml:9: domain 'A1.example' is not lower case"


def test_a_long_list_is_checked_in_one_pass() -> None:
    """Where each name were compared with all others, it would outlast the time that a test has."""
    names = ", ".join(f'"a{number}.example"' for number in range(50_000))
    assert lint_plugin([("a.toml", APPS.replace('"first.example"', names))], {"video": 2}) == []

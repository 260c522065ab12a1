"""Sites: the same numbers as the engine computes, found again in a path."""

from ofext.ids import app_id
from ofext.sites import FIRST_SITE, is_site, site_id, site_in


def test_a_site_has_the_number_that_the_engine_gives_it() -> None:
    assert site_id("example.com") == app_id(20, 10_283_936) == site_id("Example.COM")


def test_sites_are_told_from_applications() -> None:
    assert is_site(site_id("example.org"))
    assert not is_site(app_id(20, FIRST_SITE - 1))
    assert not is_site(app_id(6, FIRST_SITE))


def test_a_path_names_its_site() -> None:
    for site in ("example.org", "example.co.uk"):
        assert site_in(f"eth.vlan.ip.tcp.tls.{site}", site_id(site)) == site
    assert site_in("eth.ip.tcp.tls", site_id("example.org")) is None
    assert site_in("eth.ip.tcp.tls.example.org", app_id(20, 443)) is None

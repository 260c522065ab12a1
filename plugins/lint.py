"""Check the signature files: `python -m plugins.lint [FOLDER]`; `appsteer plugins lint` for an operator's own.

Names every fault by file and line, and exits with 1 when there is one. It checks what a machine can: form, uniqueness,
suffixes that are too broad. Whether a domain belongs to its application is for whoever writes the entry to know.
"""

import re
import sys
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from plugins import domains, entries

FIRST_APPLICATION, LAST_APPLICATION = 10_000, 8_388_607
"""Selectors below these are protocols, above them sites (docs/contracts.md §1)."""
BLOCK = 1_000
"""How many ids a category's file has; file of category *n* begins at `FIRST_APPLICATION + n * BLOCK`."""
MAX_TEXT_SIZE = 255
"""Bytes of a name or key: they travel with a size of one byte (ofext/SPEC.md)."""
MAX_FINDING_LENGTH = 400
"""Characters of a finding; it may quote a value of any length."""
MAX_FINDINGS = 200
"""In a plugin: the place of each is looked for among its entry's lines, and nobody reads more."""
MAX_CATEGORY = 255
"""Categories travel in 8 bits."""
MAX_TAG_SIZE, MAX_TAGS = 251, 64
"""Bytes of a tag, which a match field holds (ofext/SPEC.md); tags of an entry, which travel together."""
MAX_RISK = 100
"""The greatest risk; `plugins/README.md` says what the numbers mean."""
SHARED_TAG = "shared"
"""An application with this tag says so itself: it is the provider, whoever's content it delivers."""
DELIVERY_TAG = "cdn"
"""A delivery network: its names are those of strangers' content, so it has `SHARED_TAG` too."""
SERVICE_TAG = "service"
"""A part of a protocol, told by the protocol's own messages: it has a key that the protocol names, and no domains."""

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_APP_FIELDS: Mapping[str, type] = {
    "id": int,
    "key": str,
    "name": str,
    "owner": str,
    "category": str,
    "tags": list,
    "domains": list,
}
_CATEGORY_FIELDS: Mapping[str, type] = {"id": int, "key": str, "name": str, "about": str}
_PLUGIN_TABLES = ("category", "app", "protocol", "example")
"""What may stand in a plugin's file."""
_PROTOCOL_FIELDS: Mapping[str, type] = {
    "id": int,
    "key": str,
    "name": str,
    "category": str,
    "transports": list,
    "pattern": list,
    "example": list,
}
_PROTOCOL_OPTIONS = ("risk", "tags", "ports", "replaces", "field", "counter_example")
MAX_PORT = 65_535
PROTOCOL_IDS = range(9_000, 10_000)
"""Selectors of declared protocols."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """A fault and its place."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One `[[app]]`, `[[category]]`, `[[protocol]]` or `[[example]]`, with the place of each of its parts."""

    file: str
    line: int
    values: Mapping[str, object]
    lines: tuple[str, ...]
    """The entry's own lines, the header first."""

    def text(self, name: str) -> str:
        """Return a field as text; empty when it is missing or something else."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """Return a field that is a list of texts; empty when it is missing or something else."""
        value = self.values.get(name)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def number(self, name: str) -> int | None:
        """Return a field that is a number."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def finding(self, text: str, *, field: str = "", item: str = "") -> Finding:
        """Make a finding at the line of a field, or of an item of it, or of the entry."""
        if len(text) > MAX_FINDING_LENGTH:
            text = f"{text[:MAX_FINDING_LENGTH]}…"
        return Finding(file=self.file, line=self.line + self._offset(field, item), text=text)

    def _offset(self, field: str, item: str) -> int:
        start = next((at for at, line in enumerate(self.lines) if re.match(rf"\s*{re.escape(field)}\s*=", line)), 0)
        quoted = re.compile(rf"[\"']{re.escape(item)}[\"']")
        found = (at for at, line in enumerate(self.lines) if at >= start and quoted.search(line))
        return next(found, start) if item else start


@dataclass(slots=True)
class Seen:
    """Who used a value first."""

    what: str
    users: dict[object, Entry] = field(default_factory=dict)

    def again(self, value: object, entry: Entry) -> str | None:
        """Remember `value`; say who had it before."""
        first = self.users.setdefault(value, entry)
        if first is entry:
            return None
        return f"{self.what} {value!r} is already that of {first.text('key')!r} ({first.file}:{first.line})"


def lint(folder: Path) -> list[Finding]:
    """Check `categories.toml`, `apps/*.toml`, `protocols/*.toml` and `examples.toml` of a folder: by file and line."""
    findings: list[Finding] = []
    files = [
        _read(folder, path, tables, findings)
        for paths, tables in (
            ([folder / "categories.toml"], ("category",)),
            (sorted((folder / "apps").glob("*.toml")), ("app", "example")),
            (sorted(folder.glob("examples.toml")), ("app", "example")),
            (sorted((folder / "protocols").glob("*.toml")), ("protocol",)),
        )
        for path in paths
    ]
    findings += _check_all(files, {})
    ids = _ids(files[0]["category"])
    findings += (finding for file in files for app in file.get("app", ()) for finding in _check_block(app, ids))
    return sorted(set(findings))


def lint_plugin(files: Sequence[tuple[str, str]], categories: Mapping[str, int]) -> list[Finding]:
    """Check the (name, text) files of one plugin; `categories` are those of the set that it is to join.

    Of more than `MAX_FINDINGS` those found first are named, and that there are more.
    """
    findings: list[Finding] = []
    parsed = [_parse(name, text, _PLUGIN_TABLES, findings) for name, text in files]
    rest = _check_all(parsed, categories)
    findings += islice(rest, MAX_FINDINGS)
    found = sorted(set(findings))
    if next(rest, None) is not None:
        found.append(
            Finding(file=found[-1].file, line=found[-1].line, text="there are more faults, of which none is named")
        )
    return found


def _check_all(files: Sequence[Mapping[str, list[Entry]]], categories: Mapping[str, int]) -> Iterator[Finding]:
    own, apps, protocols, examples = (
        [entry for file in files for entry in file.get(table, ())] for table in _PLUGIN_TABLES
    )
    known = {**categories, **_ids(own)}
    yield from _check_identity([*apps, *protocols])
    yield from _check_domains(apps)
    yield from _check_entries(apps)
    yield from _check_categories(own)
    for protocol in protocols:
        yield from _check_protocol(protocol, known)
    for app in apps:
        yield from _check_app(app, known)
    for example in examples:
        yield from _check_example(example)


def main(arguments: list[str]) -> int:
    """Print the findings; return the exit code."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parent
    findings = lint(folder)
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings in {folder}" if findings else f"{folder}: nothing to complain of")
    return 1 if findings else 0


def _ids(categories: list[Entry]) -> dict[str, int]:
    return {entry.text("key"): number for entry in categories if (number := entry.number("id")) is not None}


def _read(folder: Path, path: Path, tables: Sequence[str], findings: list[Finding]) -> dict[str, list[Entry]]:
    """Read the entries of a file by table; a file that cannot be read is a finding."""
    file = str(path.relative_to(folder))
    try:
        return _parse(file, path.read_text(encoding="utf-8"), tables, findings)
    except OSError as error:
        findings.append(Finding(file=file, line=1, text=f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError as error:
        findings.append(Finding(file=file, line=1, text=f"is not TOML: {error}"))
    return {table: [] for table in tables}


def _parse(file: str, text: str, tables: Sequence[str], findings: list[Finding]) -> dict[str, list[Entry]]:
    entries: dict[str, list[Entry]] = {table: [] for table in tables}
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n", 0, -1) + 1  # else it is the document's end
        findings.append(Finding(file=file, line=line, text=f"is not TOML: {error}"))
        return entries
    except RecursionError:
        findings.append(Finding(file=file, line=1, text="is nested too deeply"))
        return entries
    known = " and ".join(f"[[{table}]]" for table in tables)
    findings += (
        Finding(file=file, line=1, text=f"has {name!r}; only {known} are known here")
        for name in document
        if name not in tables
    )
    for table in tables:
        values = document.get(table, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            findings.append(Finding(file=file, line=1, text=f"{table!r} should be written as [[{table}]] tables"))
            continue
        entries[table] = list(_entries(file, text, table, values))
        if len(entries[table]) < len(values):
            findings.append(Finding(file=file, line=1, text=f"{table!r} should be written as [[{table}]] tables only"))
    return entries


def _entries(file: str, text: str, table: str, values: list[Mapping[str, object]]) -> Iterator[Entry]:
    lines = text.splitlines()
    header = re.compile(r"\s*\[\[\s*([\w-]+)\s*\]\]")
    headers = [(at, found[1]) for at, line in enumerate(lines) if (found := header.match(line))]
    ends = [at for at, _ in headers[1:]] + [len(lines)]
    spans = [(start, end) for (start, name), end in zip(headers, ends, strict=False) if name == table]
    for (start, end), entry in zip(spans, values, strict=False):
        yield Entry(file=file, line=start + 1, values=entry, lines=tuple(lines[start:end]))


def _check_categories(categories: list[Entry]) -> Iterator[Finding]:
    ids, keys = Seen("id"), Seen("key")
    for entry in categories:
        yield from _check_fields(entry, _CATEGORY_FIELDS, ("risk",))
        number = entry.number("id")
        if number is not None and not 0 <= number <= MAX_CATEGORY:
            yield entry.finding(f"id {number} does not fit in 8 bits", field="id")
        yield from _check_unique(entry, ids, keys)


def _check_identity(apps: list[Entry]) -> Iterator[Finding]:
    ids, keys = Seen("id"), Seen("key")
    for app in apps:
        yield from _check_unique(app, ids, keys)


def _check_unique(entry: Entry, ids: Seen, keys: Seen) -> Iterator[Finding]:
    number, key = entry.number("id"), entry.text("key")
    if number is not None and (clash := ids.again(number, entry)):
        yield entry.finding(clash, field="id")
    if key and (clash := keys.again(key, entry)):
        yield entry.finding(clash, field="key")


def _check_protocol(protocol: Entry, categories: Mapping[str, int]) -> Iterator[Finding]:
    """Check what stands at the top of a `[[protocol]]`; the engine checks the rest, and tries the examples."""
    yield from _check_fields(protocol, _PROTOCOL_FIELDS, _PROTOCOL_OPTIONS)
    category, number = protocol.text("category"), protocol.number("id")
    if category and category not in categories:
        yield protocol.finding(f"category {category!r} is not in categories.toml", field="category")
    if number is not None and number not in PROTOCOL_IDS:
        text = f"id {number} is not one of declared protocols, {PROTOCOL_IDS[0]} to {PROTOCOL_IDS[-1]}"
        yield protocol.finding(text, field="id")
    yield from _check_tags(protocol)
    ports = protocol.values.get("ports", [])
    if not isinstance(ports, list) or not all(isinstance(port, int) and 0 < port <= MAX_PORT for port in ports):
        yield protocol.finding(
            f"ports is {ports!r}, but should be a list of numbers from 1 to {MAX_PORT}", field="ports"
        )
    fields = protocol.values.get("field", ())
    for table in fields if isinstance(fields, list) else ():
        for name in ("name", "unit"):
            value = table.get(name) if isinstance(table, dict) else None
            if isinstance(value, str) and (fault := _unfit(value)):
                yield protocol.finding(f"{name} {value!r} of a field {fault}", field=name, item=value)


def _check_fields(entry: Entry, fields: Mapping[str, type], options: Sequence[str] = ()) -> Iterator[Finding]:
    for name, kind in fields.items():
        value = entry.values.get(name)
        if name not in entry.values:
            yield entry.finding(f"{name} is missing")
        elif not isinstance(value, kind) or isinstance(value, bool):
            yield entry.finding(f"{name} is {value!r}, but should be of type {kind.__name__}", field=name)
        elif value == "":
            yield entry.finding(f"{name} is empty", field=name)
        elif isinstance(value, str) and (fault := _unfit(value)):
            yield entry.finding(f"{name} {value!r} {fault}", field=name)
    for name in entry.values:
        if name not in fields and name not in options:
            yield entry.finding(f"{name} is not a known field", field=name)
    risk = entry.values.get("risk", 0)
    if not isinstance(risk, int) or isinstance(risk, bool) or not 0 <= risk <= MAX_RISK:
        yield entry.finding(f"risk is {risk!r}, but should be a number from 0 to {MAX_RISK}", field="risk")
    key = entry.text("key")
    if key and not _KEY.fullmatch(key):
        yield entry.finding(f"key {key!r} has other characters than a-z, 0-9 and single hyphens", field="key")


def _unfit(text: str) -> str | None:
    """Say why a name cannot travel or be shown."""
    if len(text.encode()) > MAX_TEXT_SIZE:
        return f"has {len(text.encode())} bytes, at most {MAX_TEXT_SIZE} are expected"
    return None if text.isprintable() else "has characters that cannot be shown"


def _check_app(app: Entry, categories: Mapping[str, int]) -> Iterator[Finding]:
    yield from _check_fields(app, _APP_FIELDS, ("risk", *entries.KINDS))
    category = app.text("category")
    if category and category not in categories:
        yield app.finding(f"category {category!r} is not in categories.toml", field="category")
    number = app.number("id")
    if number is not None and not FIRST_APPLICATION <= number <= LAST_APPLICATION:
        text = f"id {number} is not one of applications, {FIRST_APPLICATION} to {LAST_APPLICATION}"
        yield app.finding(text, field="id")
    tags = app.texts("tags")
    if DELIVERY_TAG in tags and SHARED_TAG not in tags:
        text = f"tag {DELIVERY_TAG!r} needs {SHARED_TAG!r}: what a delivery network carries is others'"
        yield app.finding(text, field="tags", item=DELIVERY_TAG)
    for name in ("tags", "domains"):
        values = app.values.get(name)
        if isinstance(values, list) and len(app.texts(name)) < len(values):
            yield app.finding(f"{name} is {values!r}, but should be a list of texts", field=name)
    yield from _check_tags(app)


def _check_tags(entry: Entry) -> Iterator[Finding]:
    tags = entry.texts("tags")
    if len(tags) > MAX_TAGS:
        yield entry.finding(f"has {len(tags)} tags, at most {MAX_TAGS} are expected", field="tags")
    for tag in tags:
        if not _KEY.fullmatch(tag):
            text = f"tag {tag!r} has other characters than a-z, 0-9 and single hyphens"
            yield entry.finding(text, field="tags", item=tag)
        elif len(tag) > MAX_TAG_SIZE:
            text = f"tag {tag!r} has {len(tag)} bytes, at most {MAX_TAG_SIZE} are expected"
            yield entry.finding(text, field="tags", item=tag)


def _check_block(app: Entry, categories: Mapping[str, int]) -> Iterator[Finding]:
    number, block = app.number("id"), categories.get(Path(app.file).stem)
    if block is None:
        yield app.finding(f"stands in {app.file}, which is not named after a category")
    elif number is not None and number // BLOCK != FIRST_APPLICATION // BLOCK + block:
        first = FIRST_APPLICATION + block * BLOCK
        yield app.finding(f"id {number} is not one of this file's, {first} to {first + BLOCK - 1}", field="id")


def _check_example(example: Entry) -> Iterator[Finding]:
    given = [name for name in entries.GIVEN if name in example.values]
    if len(given) != 1:
        yield example.finding(f"has {' and '.join(given) or 'none'}, but one of {', '.join(entries.GIVEN)} is expected")
    for name in (*given, "app"):
        if not isinstance(example.values.get(name), str):
            yield example.finding(f"{name} should be a text", field=name)
    for name in example.values:
        if name not in (*entries.GIVEN, "app"):
            yield example.finding(f"{name} is not a known field", field=name)


def _check_domains(apps: list[Entry]) -> Iterator[Finding]:
    seen = Seen("domain")
    for app in apps:
        own = app.texts("domains")
        if (
            app.values.get("domains") == []
            and SERVICE_TAG not in app.texts("tags")
            and not any(app.texts(name) for name in entries.KINDS)
        ):
            yield app.finding("domains is empty: nothing would ever match", field="domains")
        before: set[str] = set()
        for domain in own:
            yield from _check_domain(app, domain)
            if domain in before:
                yield app.finding(f"domain {domain!r} is there twice", field="domains", item=domain)
            elif clash := seen.again(domain, app):
                yield app.finding(clash, field="domains", item=domain)
            before.add(domain)
        for domain in own:
            if suffix := _covering(domain.partition(".")[2], before):
                text = f"domain {domain!r} is needless: {suffix!r} of the same application covers it"
                yield app.finding(text, field="domains", item=domain)


def _check_entries(apps: list[Entry]) -> Iterator[Finding]:
    """Check what applications have beside domains."""
    for name, kind in entries.KINDS.items():
        seen = Seen(kind.what)
        for app in apps:
            values = app.values.get(name, [])
            if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                yield app.finding(f"{name} is {values!r}, but should be a list of texts", field=name)
            yield from _check_items(app, name, kind, seen)


def _check_items(app: Entry, name: str, kind: entries.Kind, seen: Seen) -> Iterator[Finding]:
    own: set[str] = set()
    suffixes = set(app.texts("domains"))
    for item in app.texts(name):
        if fault := kind.fault(item):
            yield app.finding(f"{kind.what} {item!r} {fault}", field=name, item=item)
            continue
        same = kind.folded(item)
        if same in own:
            yield app.finding(f"{kind.what} {item!r} is there twice", field=name, item=item)
        elif clash := seen.again(same, app):
            yield app.finding(clash, field=name, item=item)
        elif name == "certificates" and (suffix := _covering(item, suffixes)):
            text = f"certificate {item!r} is needless: domain {suffix!r} covers certificates too"
            yield app.finding(text, field=name, item=item)
        own.add(same)


def _covering(name: str, suffixes: Collection[str]) -> str | None:
    """The longest suffix that covers a name, itself included."""
    while name not in suffixes:
        _, dot, name = name.partition(".")
        if not dot:
            return None
    return name


def _check_domain(app: Entry, domain: str) -> Iterator[Finding]:
    checks: list[Callable[[str], str | None]] = [domains.malformed]
    if SHARED_TAG not in app.texts("tags"):
        checks.append(domains.covers_strangers)
    for check in checks:
        if fault := check(domain):
            yield app.finding(f"domain {domain!r} {fault}", field="domains", item=domain)
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

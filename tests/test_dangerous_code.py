"""What is dangerous in code is not there, or stands in one place only."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from campaign.settings.settings import BASE_DIR
from tests.test_architecture import MODULES, imports, name_of

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.html"))


@cache
def names(path: Path) -> set[tuple[str, str]]:
    """Return (module, name) of everything that a module imports."""
    return set(imports(path))


@cache
def calls(path: Path) -> dict[ast.Call, str]:
    """Return every call in a module, and how what is called is written."""
    found = ast.walk(ast.parse(path.read_text()))
    return {call: ast.unparse(call.func) for call in found if isinstance(call, ast.Call)}


def imported(path: Path) -> set[str]:
    """Return the packages that a module imports from."""
    return {module.split(".")[0] for module, _ in names(path)}


CODE_FROM_TEXT = {"eval", "exec", "compile", "__import__"}
CODE_FROM_BYTES = {"pickle", "marshal", "shelve", "dill", "jsonpickle", "yaml", "code", "runpy"}


@pytest.mark.asvs("1.3.2", "1.3.7", "1.5.2")
def test_nothing_becomes_code_an_object_or_a_template() -> None:
    for path in MODULES:
        called = set(calls(path).values())
        assert not called & CODE_FROM_TEXT, path
        assert not any(name.endswith(".from_string") for name in called), path
        assert not imported(path) & CODE_FROM_BYTES, path


@pytest.mark.asvs("1.5.1")
def test_no_xml_is_read() -> None:
    for path in MODULES:
        read = {one for one in names(path) if one != ("xml.sax.saxutils", "escape")}
        assert not {module.split(".")[0] for module, _ in read} & {"xml", "lxml"}, path


@pytest.mark.asvs("1.2.5")
def test_programs_are_started_with_arguments_and_never_by_a_shell() -> None:
    starts = set()
    for path in MODULES:
        for call, called in calls(path).items():
            assert not called.startswith(("os.system", "os.popen", "os.exec", "os.spawn")), path
            assert "shell" not in {keyword.arg for keyword in call.keywords}, path
            if called.startswith("subprocess."):
                starts.add((name_of(path), called))
        assert ("subprocess", "") in names(path) or "subprocess" not in imported(path), path
    assert starts == {
        ("operations/commands/run.py", "subprocess.Popen"),
        ("organisers/passwords.py", "subprocess.run"),
        ("backup/queries/dumps.py", "subprocess.run"),
        ("version.py", "subprocess.run"),
    }


SQL = {"text", "exec_driver_sql", "execute", "literal_column", "DDL"}
# Pragmas, and what migrations are made of: names of our own, and nobody's values.
SQL_OF_NAMES = ("store/database.py", "store/sqlite.py", "store/migrations/")


@pytest.mark.asvs("1.2.4")
def test_sql_is_not_put_together_from_values() -> None:
    for path in MODULES:
        if name_of(path).startswith(SQL_OF_NAMES):
            continue
        for call, called in calls(path).items():
            if called.rpartition(".")[2] in SQL and call.args:
                assert not isinstance(call.args[0], ast.JoinedStr | ast.BinOp), path


@pytest.mark.asvs("6.5.3")
def test_what_is_drawn_is_drawn_from_the_systems_own_randomness() -> None:
    for path in MODULES:
        assert not imported(path) & {"random", "numpy"}, path
        assert not {"uuid1", "uuid.uuid1"} & set(calls(path).values()), path


CIPHERS = {
    ("cryptography.exceptions", "InvalidTag"),
    ("cryptography.hazmat.primitives.ciphers.aead", "AESGCM"),
    ("pyrage", ""),  # the format age: ChaCha20-Poly1305
}


@pytest.mark.asvs("11.3.1", "11.3.2")
def test_what_is_encrypted_is_encrypted_by_aes_gcm_or_by_age() -> None:
    firsts = {"cryptography", "pyrage", "Crypto", "Cryptodome", "nacl", "OpenSSL", "rsa"}
    found = {one for path in MODULES for one in names(path) if one[0].split(".")[0] in firsts}
    assert found == CIPHERS


@pytest.mark.asvs("11.4.3")
def test_hashes_of_our_own_are_sha_256() -> None:
    allowed = {"hashlib.sha256", "hashlib.file_digest"}
    for path in MODULES:
        used = set(re.findall(r"hashlib\.\w+", path.read_text()))
        assert used <= allowed, path
        named = {name for module, name in names(path) if module == "hashlib"}
        assert named <= {"", "sha256"}, path
        digests = {ast.unparse(call) for call, name in calls(path).items() if "digest" in name}
        assert not any(re.search(r"md5|sha1\b|sha224", one) for one in digests), path


@pytest.mark.asvs("5.2.2", "5.3.1")
def test_no_page_takes_a_file_from_a_browser_but_a_bundle() -> None:
    for page in TEMPLATES:
        assert 'type="file"' not in page.read_text(encoding="utf-8"), page
    takes = [
        path.relative_to(BASE_DIR).as_posix()
        for path in MODULES
        if "request.files" in path.read_text() or "FileField" in path.read_text()
    ]
    # How it is read is tested in tests/campaigns/test_bundle_archive.py.
    assert takes == ["campaign/campaigns/forms/creation.py"]


MARKED_AS_SAFE = "'<strong>%s</strong>'|safe"
"""The only markup in a template that no escaping touches; what is put into it is escaped."""


@pytest.mark.asvs("1.2.1")
def test_no_value_is_put_into_a_page_without_escaping() -> None:
    for page in TEMPLATES:
        source = page.read_text(encoding="utf-8").replace(MARKED_AS_SAFE, "")
        assert "safe" not in re.findall(r"\|\s*(\w+)", source), page
        assert "autoescape" not in source, page
    made = {name_of(path) for path in MODULES if ("markupsafe", "Markup") in names(path)}
    # Translations are trusted as templates are, and what a template made is escaped already.
    made -= {"language/templates.py", "web/language_links.py"}
    # Sanitised: tests/language/test_markdown.py.
    made -= {"language/markdown.py"}
    assert made == {"organisers/totp.py", "delivery/pages/dev_mailbox.py"}

"""What is served: vendored files are the pinned ones, every reference leads somewhere."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command
from django.template.loader import get_template
from django.test import override_settings

ROOT = Path(settings.BASE_DIR)
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
VENDORED = re.findall(
    r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$",
    (STATIC / "vendor" / "README.md").read_text(),
    re.MULTILINE,
)


def sprite() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "img" / "icons.svg").read_text()))


@pytest.mark.parametrize(("name", "checksum"), VENDORED)
def test_a_vendored_file_is_the_pinned_one(name: str, checksum: str) -> None:
    content = (STATIC / "vendor" / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == checksum


def test_every_vendored_file_is_listed() -> None:
    listed = {(STATIC / "vendor" / name).resolve() for name, _ in VENDORED}
    found = {path for path in (STATIC / "vendor").rglob("*") if path.is_file()}
    unlisted = {path for path in found - listed if path.name not in {"LICENSE", "README.md"}}
    assert not unlisted


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    named = {
        (path.name, icon)
        for path in TEMPLATES
        for icon in re.findall(r'{% icon "([^"]+)"', path.read_text())
    }
    assert named
    assert {(name, icon) for name, icon in named if icon not in sprite()} == set()


def test_no_template_carries_a_style_or_a_script() -> None:
    forbidden = re.compile(r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*\ssrc=)", re.IGNORECASE)
    found = [
        (path.name, match.group())
        for path in TEMPLATES
        if "email" not in path.parts
        for match in forbidden.finditer(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_template_can_be_read(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


def test_every_reference_between_static_files_leads_somewhere(tmp_path: Path) -> None:
    storages = dict(settings.STORAGES) | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
        storage = ManifestStaticFilesStorage(location=tmp_path)
        for path in TEMPLATES:
            for name in re.findall(r"{% static '([^']+)' %}", path.read_text()):
                assert storage.exists(storage.stored_name(name)), (path.name, name)


def test_no_style_sheet_fetches_from_elsewhere() -> None:
    for path in (STATIC / "css").glob("*.css"):
        assert not re.search(r"https?:|data:|@import", path.read_text()), path.name

"""The column cache when its files are lost, damaged, or cannot be written."""

import json
import re
import shutil
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from leads.database.models import Lead
from scoring.engine import manifest
from scoring.engine.cache import refresh
from scoring.engine.population import open_columns, survey
from scoring.engine.verify import differences
from tests.factories import make_activity
from tests.scoring.engine.test_columns import definition, names
from tests.scoring.rules.builders import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_columns")]


def flip(path, at=-1):
    """Change one byte, as a bad disk does: the size stays."""
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)


def said(root, **more):
    """Have the manifest say something else: JSON still."""
    path = root / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | more))


@pytest.mark.parametrize(
    "harm",
    [
        lambda root, base: shutil.rmtree(root),
        lambda root, base: shutil.rmtree(root / base),
        lambda root, base: (root / base / "occurred.npy").unlink(),
        lambda root, base: (root / base / "fact_title.npy").write_bytes(b"\x93NUMPY rubbish"),
        lambda root, base: (root / base / "lead.npy").write_bytes(b""),
        lambda root, base: flip(root / base / "object.npy"),
        lambda root, base: flip(root / base / "fact_title.npy"),
        lambda root, base: flip(root / base / "documents.json", at=1),
        lambda root, base: (root / base / "sums.json").unlink(),
        lambda root, base: (root / base / "sums.json").write_text("[]"),
        lambda root, base: (root / "manifest.json").write_text("{"),
        lambda root, base: said(root, marks={}),
        lambda root, base: said(root, marks=None),
        lambda root, base: said(root, total="all"),
        lambda root, base: said(root, last={"activity": [1]}),
        lambda root, base: said(root, shards={"0": {"base": None, "listed": ""}}),
        lambda root, base: (root / "manifest.json").unlink(),
    ],
)
def test_whatever_is_lost_is_built_again(leads, harm):
    expected = survey(definition(), at=NOW)
    first = sorted(names().items())[1][1]
    harm(manifest.folder(), first)
    open_columns(at=NOW)._opened.clear()
    found = survey(definition(), at=NOW)
    assert (found.mql, found.fired) == (expected.mql, expected.fired)
    assert differences(at=NOW) == []


@pytest.mark.parametrize("left", [0, 2, 200, -30])
def test_a_tail_that_is_cut_off_is_built_into_its_shard(leads, left):
    refresh(at=NOW)
    make_activity(Lead(pk=leads[0]), at=NOW)
    expected = survey(definition(), at=NOW)
    (tail,) = manifest.folder().glob("*-tail*")
    tail.write_bytes(tail.read_bytes()[:left])
    open_columns(at=NOW)._opened.clear()
    assert survey(definition(), at=NOW).fired == expected.fired
    assert differences(at=NOW) == []


def test_where_nothing_can_be_written_it_is_said_and_what_is_there_answers(leads, monkeypatch):
    expected = survey(definition(), at=NOW)
    lock = manifest.folder() / "lock"
    lock.unlink()
    lock.mkdir()  # nobody opens a folder to write into it
    found = survey(definition(), at=NOW + timedelta(minutes=5))
    assert (found.fired, found.as_of) == (expected.fired, expected.as_of)
    with pytest.raises(manifest.ColumnsUnwritable, match=re.escape(str(manifest.folder()))):
        refresh(at=NOW)
    shutil.rmtree(manifest.folder())
    manifest.folder().write_text("no folder")
    with pytest.raises(manifest.ColumnsUnwritable):
        survey(definition(), at=NOW)
    for what in ("rebuild", "verify"):
        with pytest.raises(CommandError, match="cannot be written") as refused:
            call_command("columns", what)
        assert refused.value.returncode == 2
    manifest.folder().unlink()

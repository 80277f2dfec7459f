"""What a start reads from its surroundings: the key that `make run` keeps is found by commands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SAY = "from portal import settings; print(settings.SECRET_KEY)"


def start(var: Path, **told: str) -> subprocess.CompletedProcess[str]:
    around = {
        name: value for name, value in os.environ.items() if name not in {"SECRET_KEY", "DEBUG"}
    }
    return subprocess.run(
        [sys.executable, "-c", SAY], cwd=ROOT, env=around | {"VAR_DIR": str(var)} | told,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told", "key"),
    [
        ("kept\n", {}, "kept"),
        ("kept\n", {"SECRET_KEY": "told"}, "told"),
        (None, {"DEBUG": "1"}, "only-for-development"),
    ],
)
def test_a_kept_key_stands_in_for_the_one_nobody_told(tmp_path, content, told, key) -> None:
    if content:
        (tmp_path / "secret-key").write_text(content)
    assert start(tmp_path, **told).stdout.strip() == key


@pytest.mark.parametrize("content", [None, "\n"])
def test_without_any_key_nothing_starts(tmp_path, content) -> None:
    if content:
        (tmp_path / "secret-key").write_text(content)
    done = start(tmp_path)
    assert done.returncode != 0
    assert "Set SECRET_KEY in the environment" in done.stderr

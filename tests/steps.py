"""What one step of `make test` is, and what is told of it: its report read, the closing summary."""

import os
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI") == "true"
PYTEST = ["-m", "pytest", "-p", "no:cacheprovider", "-q"]

# Skips that are no gap: another step runs the test, or it needs what a checkout may lack.
EXPECTED_SKIPS = ("needs PostgreSQL", "only at full size")
SHARED = ROOT.parent / "shared"


@dataclass
class Step:
    """One command: what to run, with which variables, and why not when it cannot run here."""

    name: str
    command: list[str]
    variables: dict[str, str] = field(default_factory=dict)
    left_out: str = ""
    once_more: bool = False  # a few that fail get another go
    seconds: float = 0.0
    cpu: float = 0.0  # of its processes, not of the database's
    code: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    skips: Counter[str] = field(default_factory=Counter)
    failing: list[str] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)

    @property
    def is_suite(self) -> bool:
        return self.command[: len(PYTEST)] == PYTEST

    @property
    def failed(self) -> bool:
        return self.code != 0

    @property
    def gaps(self) -> list[str]:
        """What this step did not check although it should have."""
        if self.left_out:
            return [f"{self.name}: {self.left_out}"]
        return [
            f"{self.name}: {n} skipped, {reason}"
            for reason, n in self.skips.items()
            if not is_expected(reason)
        ]


def is_expected(reason: str) -> bool:
    """Tell whether a test may be skipped for this reason even where nothing may be left out."""
    needs_absent_data = "../shared" in reason and not SHARED.is_dir()
    return reason.startswith(EXPECTED_SKIPS) or needs_absent_data


def read_report(step: Step, report: Path) -> None:
    """Take the counts from pytest's report; a suite that ran no test has failed."""
    cases = list(ET.parse(report).iter("testcase")) if report.exists() else []  # noqa: S314 - our own file
    for case in cases:
        skipped = case.find("skipped")
        if skipped is not None:
            step.counts["skipped"] += 1
            step.skips[skipped.get("message", "no reason given")] += 1
        elif case.find("failure") is not None or case.find("error") is not None:
            step.counts["failed"] += 1
            step.failing.append(address_of(case))
        else:
            step.counts["passed"] += 1
    if not step.counts["passed"] and not step.failed:
        print(f"{step.name} ran no test.", flush=True)
        step.code = 5
    if step.failed and not step.counts["failed"]:
        step.counts["failed"] = 1


def address_of(case: ET.Element) -> str:
    """Return how pytest is told to run this test."""
    return f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"


def summary(done: list[Step], took: float) -> str:
    """Return what ran, what was left out and why, and the totals as the last line."""
    lines = ["", "=== what ran"]
    for step in done:
        if step.left_out:
            continue
        counts = ", ".join(f"{n} {what}" for what, n in sorted(step.counts.items()))
        state = "FAILED" if step.failed else "ok"
        cpu = f"{step.cpu:6.1f} s CPU" if step.is_suite else " " * 12
        lines.append(f"{step.name:<22} {state:<7} {step.seconds:6.1f} s {cpu}  {counts}")
    gaps = [gap for step in done for gap in step.gaps]
    lines += ["", "=== left out" if gaps else "=== nothing was left out", *gaps]
    unsteady = [f"{step.name}: {one}" for step in done for one in step.unsteady]
    lines += ["", "=== unsteady, failed once", *unsteady] if unsteady else []
    if gaps and IN_CI:
        lines.append("CI=true: nothing may be left out, so this run has failed.")
    total: Counter[str] = sum((step.counts for step in done), Counter())
    missed = len(gaps) if IN_CI else 0
    minutes, seconds = divmod(round(took), 60)
    lines += ["", f"took {minutes} min {seconds} s"]
    lines.append(
        f"{total['passed']} passed, {total['failed'] + missed} failed, {total['skipped']} skipped"
    )
    return "\n".join(lines)

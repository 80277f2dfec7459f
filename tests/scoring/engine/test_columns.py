"""The column cache: as true as the database, whatever happens to either of them."""

import json
from datetime import timedelta

import numpy as np
import pytest

from leads.activities.models import Activity, TrackedObject
from leads.activities.services import mark_bots, retag
from leads.database.models import FactSnapshot, Lead, Standing
from leads.dispositions.merging import merge, unmerge
from portal.core.instants import whole_second
from portal.events.services import record
from scoring.engine import cache, manifest
from scoring.engine.assembly import Texts, read_batch
from scoring.engine.cache import refresh
from scoring.engine.handlers import forget_columns
from scoring.engine.intake import Wanted
from scoring.engine.kernel import evaluate_all
from scoring.engine.population import open_columns, survey
from scoring.engine.reading import read_histories
from scoring.engine.verify import differences
from scoring.rules.evaluate import evaluate, facts_at
from scoring.rules.instants import seconds
from scoring.rules.parse import parse
from tests.factories import make_activity, make_facts, make_lead, make_user
from tests.scoring.engine.test_kernel import row
from tests.scoring.engine.test_written import BUSY
from tests.scoring.engine.written import RULES, in_registry_words
from tests.scoring.rules.builders import NOW, document, gate, group
from tests.scoring.rules.test_agreement import outcome

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_columns")]
LATER = NOW + timedelta(hours=1)


def definition():
    rules = [
        {"kind": "rule", "key": key, "position": n, "rationale": "",
         "body": {"name": key, "group": of, **body}}
        for n, (key, of, body) in enumerate(RULES)
    ]  # fmt: skip
    groups = [group("visits"), group("fit", dimension="fit")]
    gates = [gate(key, {"total_at_least": n}) for key, n in (("mql", 8), ("sales_ready", 18))]
    return parse(document([*groups, *rules, *gates]))


def scored(at):
    """Return what the cache says of every lead that counts, by id."""
    columns = open_columns(at=at)
    found = {}
    for shard in columns.shards():
        scores = evaluate_all(definition(), shard.batch, columns.manifest.as_of)
        for n in np.flatnonzero(shard.listed).tolist():
            found[shard.first + n] = row(scores, n)
    return found


def true_scores(at):
    """Return what the reference says of every lead, from the database."""
    ids = list(Lead.objects.listed().values_list("pk", flat=True))
    histories = read_histories(ids, definition())
    return {
        pk: outcome(evaluate(definition(), facts_at(one.snapshots, at), one.activities, at))
        for pk, one in histories.items()
    }


def names():
    return {number: files.base for number, files in manifest.read_manifest().shards.items()}


def test_the_cache_says_what_the_database_says(leads):
    assert scored(NOW) == true_scores(NOW)
    assert len(names()) >= 3
    assert differences(at=NOW) == []


def test_what_is_new_is_read_on_and_nothing_is_built_again(leads):
    refresh(at=NOW)
    before = names()
    about = TrackedObject.objects.first()
    for pk in (leads[0], leads[50]):
        make_activity(Lead(pk=pk), kind="page_view", at=NOW, object_kind=about.kind,
                      object_key=about.key, properties={"duration_s": 9})  # fmt: skip
        make_facts(pk, at=NOW, title="VP of something new", company_size=4_000)
    make_activity(Lead(pk=leads[0]), kind="page_view", at=NOW, object_kind="page",
                  object_key="/never-seen", tags=["pricing"])  # fmt: skip
    assert scored(LATER) == true_scores(LATER)
    assert names() == before
    make_activity(Lead(pk=leads[0]), kind="form_submitted", at=LATER, object_kind="form",
                  object_key="/f", properties={"duration_s": 90})  # fmt: skip
    assert scored(LATER) == true_scores(LATER)
    assert names() == before
    assert differences(at=LATER) == []


def test_a_new_lead_is_there_and_a_duplicate_is_not(leads):
    refresh(at=NOW)
    newcomer = make_lead(at=NOW, facts={"title": "VP"})
    assert scored(LATER)[newcomer.pk] == true_scores(LATER)[newcomer.pk]
    by = make_user(role="marketing")
    row = merge(kept=newcomer, gone=Lead.objects.get(pk=leads[0]), by=by, at=LATER)
    assert leads[0] not in scored(LATER)
    assert scored(LATER) == true_scores(LATER)
    unmerge(merge=row, by=by, at=LATER)
    assert scored(LATER)[leads[0]] == true_scores(LATER)[leads[0]]
    assert differences(at=LATER) == []


def test_a_row_that_was_committed_late_is_found_though_its_id_is_old(leads):
    late = Activity.objects.order_by("-pk").first()
    Activity.objects.filter(pk=late.pk).delete()
    assert Activity.objects.count()
    refresh(at=NOW + timedelta(minutes=1))
    late.recorded_at = NOW
    late.save(force_insert=True)
    assert scored(NOW + timedelta(minutes=2)) == true_scores(NOW + timedelta(minutes=2))


def test_a_bot_mark_builds_its_shard_anew_and_only_that(leads):
    refresh(at=NOW)
    before = names()
    owned = Activity.objects.filter(is_bot=False, lead=leads[45])
    mark_bots(ids=list(owned.values_list("pk", flat=True)), by=make_user(), at=NOW)
    assert scored(NOW) == true_scores(NOW)
    changed = {number for number, base in names().items() if base != before[number]}
    assert changed == {leads[45] // 40}
    again = names()
    refresh(at=NOW)
    assert names() == again, "an event is acted upon once"


def test_tags_are_read_as_they_are_now(leads):
    first = scored(NOW)
    for about in TrackedObject.objects.all():
        retag(object=about, tags=["pricing"], by=make_user(), at=NOW)
    assert scored(NOW) == true_scores(NOW) != first


def test_an_erased_person_leaves_no_trace_in_any_file(leads):
    make_facts(leads[3], at=NOW, title="Unmistakable Title", company_size=987_654)
    Activity.objects.filter(lead=leads[3]).update(properties={"form": "unmistakable words"})
    refresh(at=NOW)
    assert b"unmistakable" in everything(manifest.folder())
    code = np.int64(987_654).tobytes()
    assert code in everything(manifest.folder())
    FactSnapshot.objects.filter(lead=leads[3]).delete()
    Activity.objects.filter(lead=leads[3]).update(properties={})
    record("lead.merged", subject=Lead(pk=leads[3]), actor=None, at=NOW)  # any cause to rebuild
    refresh(at=NOW)
    assert b"unmistakable" not in everything(manifest.folder())
    assert code not in everything(manifest.folder())


def everything(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_another_format_or_another_database_builds_everything_anew(leads):
    refresh(at=NOW)
    before = names()
    path = manifest.folder() / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 0}))
    refresh(at=NOW)
    assert not set(names().values()) & set(before.values())
    before = names()
    last = Activity.objects.order_by("-pk").first()
    Activity.objects.filter(pk=last.pk).update(recorded_at=NOW - timedelta(days=9))
    refresh(at=NOW)
    assert not set(names().values()) & set(before.values())


def test_verifying_finds_what_nobody_said(leads):
    refresh(at=NOW)
    victim = Activity.objects.filter(is_bot=False, lead=leads[60]).first()
    Activity.objects.filter(pk=victim.pk).update(is_bot=True)
    fact = FactSnapshot.objects.filter(lead__in=leads[:30], title__isnull=False).first()
    FactSnapshot.objects.filter(pk=fact.pk).delete()
    found = differences(at=NOW)
    assert [one.shard for one in found] == sorted({fact.lead_id // 40, leads[60] // 40})


def test_verifying_finds_a_lead_that_should_not_count(leads):
    refresh(at=NOW)
    Standing.objects.filter(lead=leads[5]).update(is_listed=False)
    found = differences(at=NOW)
    assert [(one.shard, one.what) for one in found] == [(leads[5] // 40, "which leads count")]


def test_files_of_which_no_manifest_tells_are_gone_after_an_erasure(leads):
    refresh(at=NOW)
    (manifest.folder() / "manifest.json").write_text("{")
    forget_columns([], NOW)
    assert sorted(path.name for path in manifest.folder().iterdir()) == ["lock", "manifest.json"]


def test_a_long_tail_goes_into_the_base(leads, monkeypatch):
    monkeypatch.setattr(cache, "LARGE_TAIL", 3)
    refresh(at=NOW)
    before = names()
    for n in range(120):
        make_activity(Lead(pk=leads[0]), kind="chat", at=NOW + timedelta(seconds=n))
    refresh(at=LATER)
    number = leads[0] // 40
    files = manifest.read_manifest().shards[number]
    assert (files.base != before[number], files.tail) == (True, "")
    assert scored(LATER) == true_scores(LATER)


def test_a_survey_counts_everybody_or_says_that_it_is_an_estimate(leads):
    exact = survey(definition(), at=NOW)
    truth = true_scores(NOW).values()
    assert exact.leads == len(leads)
    assert not exact.is_estimate
    assert exact.as_of == whole_second(NOW)
    assert exact.mql == sum(one["mql"] for one in truth)
    assert exact.passing == sum(one["sales_ready"] for one in truth)
    assert exact.fired[0] == sum(one["fired"] & 1 for one in truth)
    assert exact.totals.sum() == len(leads)
    rough = survey(definition(), at=NOW, every=3)
    assert rough.is_estimate
    assert 0 < rough.leads < len(leads)


def test_nobody_at_all_is_a_cache_too():
    assert survey(definition(), at=NOW).leads == 0
    assert differences(at=NOW) == []


def test_the_cache_and_the_database_give_one_batch(leads):
    busy = parse(in_registry_words(BUSY))
    columns = open_columns(at=NOW)
    ids = np.array(leads)
    wanted = Wanted(first=leads[0], last=leads[-1])
    direct = evaluate_all(
        busy, read_batch(busy, ids, wanted, Texts(), at=seconds(NOW)), seconds(NOW)
    )
    kept = [
        fired
        for shard in columns.shards()
        for fired in evaluate_all(busy, shard.batch, seconds(NOW)).fired[shard.listed].tolist()
    ]
    assert kept == direct.fired.tolist()

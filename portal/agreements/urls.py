"""The addresses of one kind of agreement, to be included by the app whose kind it is."""

from django.urls import URLPattern, path

from portal.agreements import (
    following,
    override_views,
    paper_views,
    signing,
    talk_views,
    views,
    writing,
)


def agreement_urls(
    kind: str, *, folder: str, list_name: str, version_name: str
) -> list[URLPattern]:
    """Return the patterns of a kind below ``folder``; acts are named ``VERSION_NAME-ACT``."""
    one = f"{folder}/<int:number>/"
    clause = f"{one}clauses/<slug:key>/"
    routes = (
        (f"{folder}/", views.versions, list_name),
        (f"{folder}/start/", views.start, f"{version_name}-start"),
        (f"{folder}/import/", paper_views.read_in, f"{version_name}-import"),
        (one, views.version, version_name),
        (f"{one}add/", writing.add, f"{version_name}-add"),
        (f"{one}add/<slug:slug>/", writing.new, f"{version_name}-new"),
        (clause, writing.clause, f"{version_name}-clause"),
        (f"{clause}remove/", writing.remove, f"{version_name}-remove"),
        (f"{one}propose/", signing.propose, f"{version_name}-propose"),
        (f"{one}withdraw/", signing.withdraw, f"{version_name}-withdraw"),
        (f"{one}give-up/", signing.give_up, f"{version_name}-give-up"),
        (f"{one}sign/", signing.sign, f"{version_name}-sign"),
        (f"{one}decline/", signing.decline, f"{version_name}-decline"),
        (f"{one}override/", override_views.override, f"{version_name}-override"),
        (f"{one}override/end/", override_views.end_override, f"{version_name}-override-end"),
        (f"{one}follow/", following.follow, f"{version_name}-follow"),
        (f"{one}talk/", talk_views.threads, f"{version_name}-talk"),
        (f"{one}talk/<int:pk>/", talk_views.thread, f"{version_name}-thread"),
        (f"{one}against/", paper_views.choose, f"{version_name}-choose"),
        (f"{one}against/<int:other>/", paper_views.comparison, f"{version_name}-compare"),
        (f"{one}paper/", paper_views.paper, f"{version_name}-paper"),
        (f"{one}export/", paper_views.export, f"{version_name}-export"),
    )
    return [path(route, view, {"kind": kind}, name=name) for route, view, name in routes]

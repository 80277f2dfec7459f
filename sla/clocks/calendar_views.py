"""Calendars on pages: what they say, what a change would move, and the change."""

from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from portal.accounts.models import User
from portal.core.errors import DomainError, NotAllowed
from portal.core.http import user_of
from sla.calendar.models import Calendar, CalendarChoice, ClosedDay
from sla.calendar.public import holidays_of
from sla.calendar.reading import Day
from sla.calendar.services import (
    change_calendar,
    check_hours,
    check_week,
    choose_calendar,
    make_calendar,
    remove_day,
    save_day,
    save_holidays,
)
from sla.clocks.calendar_forms import CalendarWeekForm, DayForm, HolidaysForm, PersonForm
from sla.clocks.calendar_page import may_change, page_of, signed_calendars
from sla.clocks.impact import Impact, impact_of, impact_of_choice, impact_of_week
from sla.clocks.models import RUNNING, Clock
from sla.terms.sentences import week_words


def _check(user: User) -> None:
    if not may_change(user):
        raise NotAllowed(_("Calendars are kept by sales leads and admins."))


@login_required
@require_GET
def calendar_list(request: HttpRequest) -> HttpResponse:
    """All calendars: their hours, who works by them, how many clocks run in them."""
    at = timezone.now()
    signed = signed_calendars(at)
    running = dict(
        Clock.objects.filter(RUNNING).order_by().values_list("calendar").annotate(n=Count("pk"))
    )
    people = dict(CalendarChoice.objects.values_list("calendar").annotate(n=Count("pk")))
    near = ClosedDay.objects.filter(day__gte=at.date()).order_by("-day", "is_holiday")
    coming = {day.calendar_id: day for day in near}  # the nearest comes last and stays
    rows = [
        {
            "calendar": one,
            "week": week_words(signed[one.slug]["week"] if one.slug in signed else one.week),
            "is_signed": one.slug in signed,
            "running": running.get(one.slug, 0),
            "people": people.get(one.pk, 0),
            "next_day": coming.get(one.pk),
        }
        for one in Calendar.objects.all()
    ]
    context = {"rows": rows, "may_change": may_change(user_of(request))}
    return render(request, "sla/calendar/list.html", context)


@login_required
@require_GET
def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """One calendar: two weeks to come, the days that differ, who works by it."""
    row = get_object_or_404(Calendar, slug=slug)
    return render(request, "sla/calendar/page.html", page_of(request, row))


@login_required
@require_http_methods(["GET", "POST"])
def calendar_new(request: HttpRequest) -> HttpResponse:
    """Make a calendar for people to work by."""
    user = user_of(request)
    _check(user)
    form = CalendarWeekForm(request.POST or None)
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("name", "zone")}
        try:
            row = make_calendar(week=form.week(), by=user, at=timezone.now(), **given)
        except DomainError as refusal:
            form.refuse(str(refusal))
        else:
            messages.success(request, _("The calendar is there. Add its holidays now."))
            return redirect("calendar", row.slug)
    return _form_page(request, form, title=_("New calendar"), act=_("Make the calendar"))


@login_required
@require_http_methods(["GET", "POST"])
def calendar_week(request: HttpRequest, slug: str) -> HttpResponse:
    """Change zone and week of a calendar that no terms sign: first what moves, then the change."""
    user, at = user_of(request), timezone.now()
    row = get_object_or_404(Calendar, slug=slug)
    _check(user)
    if row.slug in signed_calendars(at):
        raise NotAllowed(_("This week is signed with the terms: change it in a draft of them."))
    form = CalendarWeekForm(request.POST or None, calendar=row)
    if form.is_valid():
        zone, week = form.cleaned_data["zone"], form.week()

        def save() -> str:
            name = form.cleaned_data["name"]
            change_calendar(calendar=row, name=name, zone=zone, week=week, by=user, at=at)
            return _("The week is changed; running clocks follow.")

        try:
            check_week(zone, week)
        except DomainError as refusal:
            form.refuse(str(refusal))
        else:
            words = _("%(week)s, %(zone)s") % {"week": week_words(week), "zone": zone}
            look = partial(impact_of_week, row, zone=zone, week=week, at=at)
            return _confirmed(request, row, look, words=words, save=save)
    return _form_page(request, form, title=row.name, act=_("Show what would move"))


def _form_page(request: HttpRequest, form: forms.Form, *, title: str, act: str) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "title": title, "act": act}
    return render(request, "sla/calendar/form.html", context, status=status)


@login_required
@require_http_methods(["POST"])
def calendar_day(request: HttpRequest, slug: str) -> HttpResponse:
    """Close a day or give it hours of its own: first what moves, then the change."""
    user, at = user_of(request), timezone.now()
    row = get_object_or_404(Calendar, slug=slug)
    _check(user)
    form = DayForm(request.POST)
    if not form.is_valid():
        return _refused(request, row, day_form=form)
    day, hours = form.cleaned_data["day"], form.intervals()
    try:
        check_hours(row, day, hours or [])
    except DomainError as refusal:
        form.add_error("hours", str(refusal))
        return _refused(request, row, day_form=form)
    is_holiday = hours is None
    others = [one for one in row.days.all() if (one.day, one.is_holiday) != (day, is_holiday)]
    new = ClosedDay(day=day, name=form.cleaned_data["name"], is_holiday=is_holiday)
    new.intervals = hours or []

    def save() -> str:
        save_day(calendar=row, day=day, name=new.name, intervals=hours, by=user, at=at)
        return _("The day is saved; running clocks follow.")

    what = _("closed") if hours is None else form.cleaned_data["hours"]
    words = _("%(day)s: %(what)s") % {"day": date_format(day, "j F Y"), "what": what}
    look = partial(impact_of, row, [*others, new], since=day, at=at)
    return _confirmed(request, row, look, words=words, save=save)


@login_required
@require_http_methods(["POST"])
def calendar_holidays(request: HttpRequest, slug: str) -> HttpResponse:
    """Take in public holidays: first which days and what moves, then the change."""
    user, at = user_of(request), timezone.now()
    row = get_object_or_404(Calendar, slug=slug)
    _check(user)
    form = HolidaysForm(request.POST)
    if not form.is_valid():
        return _refused(request, row, holidays_form=form)
    country, region = form.cleaned_data["country"], form.cleaned_data["region"]
    try:
        names = holidays_of(country, region, form.wanted_years())
    except DomainError as refusal:
        form.add_error("region", str(refusal))
        return _refused(request, row, holidays_form=form)
    there = list(row.days.all())
    closed = {one.day for one in there if one.is_holiday}
    new = [ClosedDay(day=day, name=name) for day, name in names.items() if day not in closed]
    if not new:
        form.add_error("year", _("The calendar has all of these holidays already."))
        return _refused(request, row, holidays_form=form)

    def save() -> str:
        count = save_holidays(
            calendar=row, country=country, region=region, names=names, by=user, at=at
        )
        return ngettext(
            "%(n)d holiday is saved; running clocks follow.",
            "%(n)d holidays are saved; running clocks follow.",
            count,
        ) % {"n": count}

    words = ngettext("%(n)d new holiday", "%(n)d new holidays", len(new)) % {"n": len(new)}
    since = min((one.day for one in new), default=at.date())
    look = partial(impact_of, row, [*there, *new], since=since, at=at)
    return _confirmed(request, row, look, words=words, save=save, new=new)


@login_required
@require_http_methods(["POST"])
def calendar_day_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let a day be an ordinary one again: first what moves, then the change."""
    user, at = user_of(request), timezone.now()
    row = get_object_or_404(Calendar, slug=slug)
    gone = get_object_or_404(row.days, pk=pk)
    _check(user)
    others = list(row.days.filter(~Q(pk=pk)))

    def save() -> str:
        remove_day(day=gone, by=user, at=at)
        return _("The day is an ordinary one again; running clocks follow.")

    words = _("%(day)s is an ordinary day again") % {"day": date_format(gone.day, "j F Y")}
    look = partial(impact_of, row, others, since=gone.day, at=at)
    return _confirmed(request, row, look, words=words, save=save)


@login_required
@require_http_methods(["POST"])
def calendar_person(request: HttpRequest, slug: str) -> HttpResponse:
    """Let somebody work by this calendar: first what moves, then the change."""
    user, at = user_of(request), timezone.now()
    row = get_object_or_404(Calendar, slug=slug)
    _check(user)
    form = PersonForm(request.POST, user=user)
    if not form.is_valid():
        return _refused(request, row, person_form=form)
    person = form.cleaned_data["person"]
    words = _("%(who)s works by “%(calendar)s” from now on") % {"who": person, "calendar": row}

    def save() -> str:
        choose_calendar(user=person, calendar=row, by=user, at=at)
        return _("%(what)s; running clocks follow.") % {"what": words}

    look = partial(impact_of_choice, person, row, at=at)
    return _confirmed(request, row, look, words=words, save=save)


def _refused(request: HttpRequest, row: Calendar, **forms_: Any) -> HttpResponse:
    context = page_of(request, row, **forms_)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "sla/calendar/page.html", context, status=status)


def _confirmed(
    request: HttpRequest,
    row: Calendar,
    look: Callable[[], Impact],
    *,
    words: str,
    save: Callable[[], str],
    new: Iterable[Day] = (),
) -> HttpResponse:
    """Show what would move, and save once that was read."""
    if "confirm" in request.POST:
        messages.success(request, save())
        return redirect("calendar", row.slug)
    kept = [
        (name, value)
        for name, value in request.POST.items()
        if name not in {"csrfmiddlewaretoken", "confirm"}
    ]
    context = {"calendar": row, "words": words, "impact": look(), "kept": kept, "new": new}
    return render(request, "sla/calendar/confirm.html", context)

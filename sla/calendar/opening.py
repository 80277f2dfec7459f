"""When a calendar next closes, and when it next opens. Pure."""

from bisect import bisect_right
from datetime import datetime, timedelta

from sla.calendar.hours import WorkingCalendar, add_working_time
from sla.calendar.timetable import DAY, WEEK, micros, moment

TICK = timedelta(microseconds=1)
FAR = 14 * DAY  # microseconds; open for longer is as good as always


def open_until(calendar: WorkingCalendar, at: datetime) -> datetime | None:
    """Return when the hours that are open at ``at`` end: ``at`` when closed, None when not soon.

    Raises ValueError if ``at`` is naive.
    """
    begin = end = micros(at)
    while end - begin < FAR:
        week = calendar.timetable.week(end // WEEK)
        piece = bisect_right(week.opens, end) - 1
        if piece < 0 or week.closes[piece] <= end:
            return moment(end)
        end = week.closes[piece]
    return None


def opens_from(calendar: WorkingCalendar, at: datetime) -> datetime:
    """Return the first open instant from ``at`` on: ``at`` itself when it is open.

    Raises ValueError if ``at`` is naive or nothing opens on 366 days in a row.
    """
    return add_working_time(at, TICK, calendar) - TICK

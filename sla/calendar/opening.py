"""When a calendar next closes: how long a clock on a page may tick by itself. Pure."""

from bisect import bisect_right
from datetime import datetime

from sla.calendar.hours import WorkingCalendar
from sla.calendar.timetable import DAY, WEEK, micros, moment

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

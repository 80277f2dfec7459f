"""How the portal says an amount of time, on pages and in sentences."""

from typing import Final

THIN: Final = "\N{NO-BREAK SPACE}"


def duration_words(seconds: int) -> str:
    """Return whole, non-negative seconds in the two largest units that matter: ``2 h 40``."""
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 60:
        return f"{seconds}{THIN}s"
    if hours < 1:
        return f"{minutes}{THIN}min"
    if hours < 48:
        return f"{hours}{THIN}h" + (f"{THIN}{minutes % 60:02d}" if minutes % 60 else "")
    days, hours = divmod(hours, 24)
    return f"{days}{THIN}d" + (f"{THIN}{hours}{THIN}h" if hours else "")

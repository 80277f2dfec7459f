"""Ends the process groups of a supervisor that died without a chance to do so itself.

Reads lines from its standard input: ``+123`` a group to end, ``-123`` one that is gone. The
end of the input means that the supervisor has ended; what it still had running is then asked
to stop, and killed five seconds later. Runs without Django and without site-packages.
"""

import os
import signal
import sys
import time


def main() -> None:
    """Remember groups until the input ends, then end those that are left."""
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for number, wait in ((signal.SIGTERM, 5), (signal.SIGKILL, 0)):
        for group in groups:
            try:
                os.killpg(group, number)
            except (ProcessLookupError, PermissionError):
                continue
        if groups:
            time.sleep(wait)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    main()

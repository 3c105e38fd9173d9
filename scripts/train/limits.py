"""When to save and when to stop: minutes, and the signals that ask a program to end."""

import signal
import time


class Limits:
    """`is_over` once `minutes` have passed or a signal has come; `must_save` every `save_minutes`."""

    def __init__(self, minutes, save_minutes):
        self.end, self.save_seconds = time.monotonic() + 60 * minutes, 60 * save_minutes
        self.saved, self.signal = time.monotonic(), None

    def listen(self):
        """Turns SIGINT and SIGTERM into a stop at the next step; a second one ends the program at once."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.note)
        return self

    def note(self, number, _):
        self.signal = number
        signal.signal(number, signal.SIG_DFL)

    def is_over(self):
        return self.signal is not None or time.monotonic() > self.end

    def must_save(self):
        is_due = time.monotonic() - self.saved > self.save_seconds
        if is_due:
            self.saved = time.monotonic()
        return is_due

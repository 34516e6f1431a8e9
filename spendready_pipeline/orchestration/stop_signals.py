"""Notes that this process was told to stop (SIGINT, SIGTERM), whoever handles the signal.

Dagster handles both while a run lasts, and afterwards nobody can tell that there was one. Python writes the number of
each signal to a file descriptor, whatever its handler does (`signal.set_wakeup_fd`).
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

STOPS = (signal.SIGINT, signal.SIGTERM)
_END = b"\0"


class StopSignals:
    """Which signal told this process to stop, if any."""

    def __init__(self) -> None:
        self._noted = Event()
        self._signal: signal.Signals | None = None
        self._reaction: Callable[[], None] = lambda: None

    @property
    def received(self) -> signal.Signals | None:
        """The first such signal; None while there was none."""
        return self._signal

    def wait(self) -> signal.Signals:
        """The signal behind a KeyboardInterrupt that was just caught."""
        self._noted.wait(1.0)
        return self._signal or signal.SIGINT

    @contextmanager
    def reaction(self, reaction: Callable[[], None]) -> Iterator[None]:
        """Calls a function in another thread when a signal comes while the block lasts."""
        self._reaction = reaction
        try:
            yield
        finally:
            self._reaction = lambda: None

    def note(self, number: int) -> None:
        """Takes note of a signal."""
        if number in STOPS and self._signal is None:
            self._signal = signal.Signals(number)
            self._noted.set()
            self._reaction()


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Notes the signals that come while the block lasts; until something else handles them, each interrupts it.

    Raises:
        KeyboardInterrupt: A signal came that nothing else handled.
    """
    stop = StopSignals()
    read, write = os.pipe()
    os.set_blocking(write, False)

    def listen() -> None:
        while (number := os.read(read, 1)) != _END:
            stop.note(number[0])

    thread = Thread(target=listen, daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(write)
    # A process that was started to ignore a signal (nohup, a shell's background job) goes on ignoring it.
    handlers = {each: signal.getsignal(each) for each in STOPS}
    for each, handler in handlers.items():
        if handler is not signal.SIG_IGN:
            signal.signal(each, signal.default_int_handler)
    try:
        yield stop
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
        signal.set_wakeup_fd(before)
        os.write(write, _END)
        thread.join()
        os.close(read)
        os.close(write)

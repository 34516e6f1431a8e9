"""Bulk API 2.0 query jobs: what they are, their states, and the threads that work on them."""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import duckdb

from demo_org.cursors import reachable_rows
from demo_org.soql.engine import Answer, SoqlError

WORKERS = 2


class State(StrEnum):
    """The states that a query job goes through."""

    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


@dataclass
class Job:
    """A query job.

    Attributes:
        id: Its Id, `750...`.
        operation: `query` or `queryAll`.
        object_name: The object that its query is FROM.
        created_by: The Id of the user who made it.
        created_at: The org's moment then.
        version: The API version that it was made in; its results are given in no other.
        line_ending: `LF` or `CRLF`.
        column_delimiter: Salesforce's name of the delimiter, e.g. `COMMA`.
        state: How far it is.
        error: Why it failed.
        answer: Its rows, once it is complete.
    """

    id: str
    operation: str
    object_name: str
    created_by: str
    created_at: datetime
    version: float
    line_ending: str
    column_delimiter: str
    state: State = State.UPLOAD_COMPLETE
    error: str = ""
    answer: Answer | None = None

    @property
    def rows(self) -> int:
        """How many rows its results have."""
        return reachable_rows(self.answer) if self.answer else 0


@dataclass
class Jobs:
    """The query jobs of one org; safe to use from several threads."""

    _jobs: dict[str, Job] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _workers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(WORKERS, "demo-org-bulk"))

    def submit(self, make: Callable[[str], Job], ask: Callable[[], Answer]) -> Job:
        """Puts a job into the queue.

        Args:
            make: Makes the job, given its Id.
            ask: Asks the query.
        """
        with self._lock:
            job = make(f"750{next(self._numbers):012}AAA")
            self._jobs[job.id] = job
        self._workers.submit(self._work, job, ask)
        return job

    def _work(self, job: Job, ask: Callable[[], Answer]) -> None:
        if not self._move(job, State.UPLOAD_COMPLETE, State.IN_PROGRESS):
            return
        try:
            job.answer = ask()
        except SoqlError as refusal:
            job.error = f"{refusal.error_code}: {refusal.message}"
            self._move(job, State.IN_PROGRESS, State.FAILED)
        except duckdb.Error as error:
            job.error = f"InternalServerError: {error}"
            self._move(job, State.IN_PROGRESS, State.FAILED)
        else:
            self._move(job, State.IN_PROGRESS, State.JOB_COMPLETE)

    def abort(self, job: Job) -> bool:
        """Aborts a job; False where it has ended already."""
        return self._move(job, State.UPLOAD_COMPLETE, State.ABORTED) or self._move(
            job, State.IN_PROGRESS, State.ABORTED
        )

    def _move(self, job: Job, before: State, after: State) -> bool:
        with self._lock:
            if job.state is not before:
                return False
            job.state = after
            return True

    def find(self, job_id: str) -> Job | None:
        """Returns a job by Id."""
        with self._lock:
            return self._jobs.get(job_id)

    def all(self) -> list[Job]:
        """Returns all jobs, oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def delete(self, job: Job) -> None:
        """Removes a job; its results are freed as soon as no other thread reads them any more."""
        with self._lock:
            self._jobs.pop(job.id, None)

    def close(self) -> None:
        """Waits for what is under way and removes every job."""
        self._workers.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            self._jobs.clear()

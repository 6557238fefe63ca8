"""The act of the pages: a read of the catalogue while it is stale has it brought up to date."""

from __future__ import annotations

from cli.demo.account import Account
from cli.demo.source import session
from cli.demo.stage import FRESH_SECONDS, Stage
from cli.demo.waiting import until, until_finished
from db.models import SyncRun
from db.session import reading
from syncs.registry import find

SYNC = "b2b.categories"
SHELVES = "/api/inventory/categories/synced/"
STATUS = "/inventory/status/"
READERS = 20


class Pages:
    """Readers of the catalogue, and a person before the status page."""

    def __init__(self, stage: Stage, account: Account) -> None:
        self._stage = stage
        self._account = account
        self._http = session()

    def wake(self) -> None:
        """Twenty read a stale page; one run begins."""
        tell = self._account.tell
        tell(f"For this demo, categories are stale after {FRESH_SECONDS} seconds:")
        until(lambda: self._read() >= FRESH_SECONDS, what="stale categories")
        tell(f"→ GET {SHELVES}, {READERS} times")
        for _ in range(READERS):
            self._read()
        until(lambda: bool(self._woken()), what="a run")
        runs = self._woken()
        self._account.expect(
            f"{READERS} readers, one run; none of them waited for it", found=len(runs), wanted=1
        )
        statistics = until_finished(find(SYNC), runs[0])
        self._account.expect(
            "a worker has looked at the source: all is as it was",
            found=(statistics["status"], statistics["unchanged"]),
            wanted=("succeeded", statistics["total"]),
        )

    def look(self) -> None:
        """The status page, in both languages."""
        page = f"{self._stage.web}{STATUS}"
        self._account.tell(f"How fresh everything is, for people: {page}")
        for language, title in (("fr", "Fraîcheur des données"), ("en", "Freshness of the data")):
            answer = self._http.get(page, headers={"Accept-Language": language}, timeout=10)
            self._account.expect(
                f"« {title} »",
                found=(
                    answer.status_code,
                    f'lang="{language}"' in answer.text,
                    title in answer.text,
                ),
                wanted=(200, True, True),
            )

    def _read(self) -> int:
        """The answer's ``Age``, in seconds."""
        answer = self._http.get(f"{self._stage.web}{SHELVES}", timeout=10)
        answer.raise_for_status()
        return int(answer.headers["Age"])

    @staticmethod
    def _woken() -> list[int]:
        with reading() as opened:
            runs = opened.query(SyncRun).filter_by(sync=SYNC, trigger="page")
            return [run.id for run in runs.order_by(SyncRun.id)]

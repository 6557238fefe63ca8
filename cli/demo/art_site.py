"""The act of the art site: every table in a run of its own, and an order that changes later."""

from __future__ import annotations

from cli.demo.account import Account
from cli.demo.source import Source
from cli.demo.stage import Document, Stage

PAINTINGS, ORDERS = 120, 40
CHANGED = 7
CANCELLED = "cancelled"


class ArtSite:
    """Brings the site in twice; between both somebody edits an order over there."""

    def __init__(self, stage: Stage, account: Account) -> None:
        self._stage = stage
        self._account = account
        self._site = Source(stage.template)

    def play(self) -> None:
        """All of it."""
        result = self._stage.manage("sync_template")
        tables = result["resources"]
        self._account.expect(
            f"its {len(tables)} tables are in, each by a run of its own",
            found={name: (each["status"], each["errors"]) for name, each in tables.items()},
            wanted=dict.fromkeys(tables, ("succeeded", 0)),
        )
        self._account.expect(
            f"{PAINTINGS} paintings, {ORDERS} orders with their items",
            found=(tables["paintings"]["created"], tables["orders"]["created"]),
            wanted=(PAINTINGS, ORDERS),
        )
        self._account.tell(f"Somebody changes order {CHANGED} at the site:")
        self._site.edit(CHANGED, "orders", status=CANCELLED)
        self._expect_untouched(self._stage.manage("sync_template", "--only", "orders"))

    def _expect_untouched(self, result: Document) -> None:
        orders = result["resources"]["orders"]
        self._account.expect(
            "an order is taken in once: here it stays as it was",
            found=(orders["updated"], orders["unchanged"]),
            wanted=(0, ORDERS),
        )
        for warning in orders.get("warnings", []):
            self._account.tell(f"  {warning}")
        self._expect_drift()

    def _expect_drift(self) -> None:
        """Check what a person sees of it: the list, and one of them opened."""
        drifts = self._stage.manage("template", "drifts", "list")
        self._account.expect(
            "what the site says now is kept beside it",
            found=[(drift["order"], drift["fields"]) for drift in drifts],
            wanted=[(str(CHANGED), ["status"])],
        )
        for drift in drifts:
            opened = self._stage.manage("template", "drifts", "show", str(drift["id"]))
            status = opened["changes"]["status"]
            self._account.tell(f"  {status['kept']} here, {status['site']} at the site")

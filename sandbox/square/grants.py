"""Tokens as Square grants them: with the instant at which they end, and whose they are."""

from datetime import UTC, datetime

from sandbox.oauth import Grant, OAuth
from sandbox.square.orders import instant

MERCHANT = "MLFICTIVE"


class Grants(OAuth):
    """Square's part of OAuth2; it names neither a scope nor a number of seconds."""

    def tokens(
        self, grant: Grant, *, first: bool = False, rotated: bool = False
    ) -> dict[str, object]:
        """The fields of an answer with tokens."""
        made = super().tokens(grant, first=first, rotated=rotated)
        kept = {name: made[name] for name in made.keys() - {"scope", "expires_in"}}
        end = datetime.fromtimestamp(self.clock() + self.seconds, UTC)
        return {
            **kept, "expires_at": instant(end), "merchant_id": MERCHANT, "short_lived": False
        }  # fmt: skip

"""The command that helps, added to a sentence of a lower floor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.advice import Sentence, in_words
from core.errors import MoulinError
from db.template.kinds import DRIFTED
from syncs.views.connectors import ConnectorDetail, FolderOf
from syncs.views.outbox import OpenCommands
from syncs.views.shops import Unsold
from syncs.views.silence import Silence

WORDS = {
    "no run": "{said}; 'python manage.py runs list' shows them.",
    "no failed task": "{said}; 'failed list' shows them.",
    "no reject": "{said}; 'rejects list' shows them.",
    "no act": "{said}; 'acts list' shows them.",
    "no command": "{said}; 'connectors outbox list' shows them.",
    "no batch": "{said}; 'batches list' shows them.",
    "no event": "{said}; 'connectors events list' shows them.",
    "no queue": "{said}; 'queues list' shows them.",
    "dismiss unread": "{said}; 'python manage.py failed dismiss {failure} --why …' closes it.",
    "no key": "{said}; 'apikey list' shows them.",
    "no operator": "{said}; 'operator list' shows them.",
    "no shop": "{said}; 'shop list' shows them.",
    "site taken": "{said}; 'shop set {shop} --no-site-id' takes it away.",
    "shop deactivated": "{said}; 'shop restore {shop}' takes it into use again.",
    "shop is default": "{said}; 'shop set ID --default' makes another one so.",
    "shop sells from": "{said}; 'shop set {shop} --no-sells-from' ends that.",
    "shop has terminals": "{said}; 'terminal revoke SERIAL|ID' takes each out of use.",
    "shop has stock": "{said}; '--move-articles-to ID' gives them to another shop.",
    "no terminal": "{said}; 'terminal list' shows them.",
    "no connector": "{said}; 'connectors list' shows them.",
    "reauthorize": "{connector} must be authorised: 'python manage.py connectors authorize "
    "{connector}'.",
    "nothing to authorise": "{said}; what it needs is in its configuration.",
    "key not in use": "{said}; 'apikey list' shows which one is.",
    "terminal revoked": "{said}; 'terminal restore' lets it in again.",
    "newer run": "{said}: 'python manage.py runs show {run}'.",
    "new encryption key": "{said}; make one with 'python manage.py apikey new-encryption-key'.",
    "migrate": "{said}: run 'python manage.py migrate'.",
    "start a broker": "{said}, or start everything with 'python manage.py up' (or 'make run'), "
    "which brings a Redis of its own.",
    "keep a key": "{said}. Give one in either way: 'python manage.py apikey add --name NAME "
    "--activate' (it asks for the key), or B2B_API_KEY in the environment or in .env.",
    "sync paused": "{said}: 'python manage.py syncs resume {sync}' ends that.",
    "sync needs_approval": "{said}: 'python manage.py runs show {approve}', then 'python manage.py "
    "runs approve {approve}' if that is right.",
    "sync failing": "{said}. When that is cured: 'python manage.py sync {sync}', or, for tasks "
    "that failed, 'python manage.py failed retry --all --task sync.{sync} --why …'.",
    "sync late": "{said}: is a worker running? By hand: 'python manage.py sync {sync}'.",
    "sync never_run": "{said}: 'python manage.py sync {sync}' runs it now.",
    "sync partial": "{said}: 'python manage.py runs show {run}' and 'python manage.py rejects list "
    "--sync {sync}' tell what is missing.",
}
"""By the advice that the sentence carries."""


UNSOLD = {
    "no_site": "No till sells {articles} of the articles, which are in no shop and name no site: "
    "'shop add --name NAME' if there is no shop, then 'python manage.py "
    "sync_products_from_inventory'.",
    "no_shop": "No till sells {articles} of the articles, which name site {site_id}, and no shop "
    "has it: 'shop set ID --site-id {site_id}' or 'shop add --name NAME --site-id {site_id}', then "
    "'python manage.py sync_products_from_inventory'.",
    "deactivated": "No till sells {articles} of the articles in stock, for their shop {shop_id} "
    "({shop}) is deactivated: 'shop deactivate {shop_id} --move-articles-to ID' or 'shop restore "
    "{shop_id}'.",
    "no_terminal": "No till sells {articles} of the articles, for their shop {shop_id} ({shop}) "
    "has no active terminal: 'terminal add --shop {shop_id} …', or 'shop set ID --sells-from "
    "{shop_id}'.",
}
"""By the reason why no till can sell articles."""

SILENT = (
    "Nobody announces what changes at {connector} (last event: {since}), and runs bring changes: "
    "see whether its vendor still has a webhook, at the address in the connector's file; "
    "'connectors events list --connector {connector}' shows what came."
)
"""When a vendor has fallen silent."""
COMMANDS = {
    "approval": "{count} commands to vendors wait for approval: 'python manage.py connectors "
    "outbox list --state approval', then 'connectors outbox approve ID' or 'cancel ID'.",
    "unknown": "Of {count} commands to vendors nobody knows whether they were carried out: 'python "
    "manage.py connectors outbox list --state unknown', then look at the vendor's, and 'connectors "
    "outbox resolve ID --as done|failed|retry --why …'.",
}
"""By the state of commands that wait for a person."""

WARNINGS = {DRIFTED: "{said} ('template drifts list' shows it)."}
"""What a command adds to a warning that a run keeps, by the warning."""


def sentence(message: Sentence) -> str:
    """The sentence as a person at a terminal reads it."""
    return in_words(message, WORDS)


def unsold(which: Unsold) -> str:
    """Why no till can sell some articles, and the command that cures it."""
    return UNSOLD[which.reason].format(**which.dump())


def connector(which: ConnectorDetail) -> Iterator[str]:
    """What is wrong with a connector, and the command that cures it."""
    for problem in which.problems:
        yield f"{problem.path}: {problem.message}."
    if which.state == "reauthorize":
        yield f"'python manage.py connectors authorize {which.name}' authorises it."


def differing(processes: Sequence[FolderOf]) -> str:
    """That processes read other connectors than others."""
    each = ", ".join(f"{one.role} on {one.host} ({one.digest})" for one in processes)
    return (
        f"Not all processes have read the same connectors: {each}. Give all of them the same "
        "CONNECTORS_DIR and environment, and restart those that are behind."
    )


def silent(which: Silence, *, since: str) -> str:
    """That a vendor has fallen silent ``since`` then, and what to look at."""
    return SILENT.format(connector=which.connector, since=since)


def commands(waiting: OpenCommands) -> list[str]:
    """What a person has to decide about commands to vendors."""
    counts = {state: getattr(waiting, state) for state in COMMANDS}
    return [COMMANDS[state].format(count=count) for state, count in counts.items() if count]


def warning(kept: str) -> str:
    """A run's warning as a person at a terminal reads it."""
    return WARNINGS[kept].format(said=kept.removesuffix(".")) if kept in WARNINGS else kept


def sentences(error: MoulinError) -> str:
    """All sentences of the error, a line each."""
    return "\n".join(map(sentence, error.sentences))

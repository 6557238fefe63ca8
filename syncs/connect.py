"""Connectors, ready to speak: settings and sealed keys are put together here."""

from __future__ import annotations

from collections.abc import Callable

from connectors.catalogue import BoliBana
from connectors.connector import Connector
from connectors.http.client import RETRIES
from connectors.template import TemplateExport
from core.errors import ConfigurationError
from core.settings import settings
from db.access import keys
from db.session import reading, writing

NO_TEMPLATE = (
    "The art site is not configured: set TEMPLATE_BASE_URL (https://…) and TEMPLATE_API_KEY (the "
    "site's TEMPLATE_MASTER_API_KEY) in the environment or in .env."
)


def to_source(name: str) -> Connector:
    """The connector called ``name``; ``ConfigurationError`` says what it lacks. Sends nothing."""
    return CONNECTORS[name]()


def bolibana() -> BoliBana:
    """The B2B catalogue, with the active key of the store, else ``B2B_API_KEY``."""
    given = settings()
    return BoliBana.open(
        url=given.b2b_api_url,
        key=b2b_key(),
        auth_header=given.b2b_auth_header,
        timeout=given.inventory_api_timeout,
        categories_path=given.b2b_categories_path,
        products_path=given.b2b_products_path,
        hosts=frozenset(filter(None, (host.strip() for host in given.b2b_api_hosts.split(",")))),
    )


def template(*, seconds: float | None = None) -> TemplateExport:
    """The art site's export; ``ConfigurationError`` names what is not set.

    With ``seconds`` it asks once and waits no longer.
    """
    given = settings()
    if not is_configured("template") or given.template_api_key is None:
        raise ConfigurationError(NO_TEMPLATE)
    return TemplateExport.open(
        url=given.template_base_url,
        key=given.template_api_key.get_secret_value(),
        timeout=given.inventory_api_timeout if seconds is None else seconds,
        deadline=seconds,
        retries=RETRIES if seconds is None else 0,
    )


def is_configured(name: str) -> bool:
    """Whether anybody wants the source called ``name``; the B2B catalogue always is."""
    given = settings()
    if name == "template":
        return bool(given.template_base_url) and given.template_api_key is not None
    return True


def note_use(name: str) -> None:
    """A run speaks to the source called ``name`` now, with the store's key if there is one."""
    if name == "b2b":
        with writing() as session:
            keys.note_use(session)


def b2b_key() -> str:
    """The one key in use; ``ConfigurationError`` names the two ways to give one."""
    with reading() as session:
        key = keys.active(session)
    given = settings().b2b_api_key
    if key is None and given is not None:
        key = given.get_secret_value()
    if not key:
        raise ConfigurationError(
            "No API key for the B2B catalogue. Give one in either way: "
            "'python manage.py apikey add --name NAME --activate' (it asks for the key), "
            "or B2B_API_KEY in the environment or in .env."
        )
    return key


CONNECTORS: dict[str, Callable[[], Connector]] = {"b2b": bolibana, "template": template}

from tests.toy import kind, vendor  # noqa: F401, fixtures

"""dlt is measured only where a person names a Python that has it."""

import sys

from bench import dlt_rate


def test_without_its_environment_nothing_is_measured(monkeypatch):
    monkeypatch.delenv(dlt_rate.VARIABLE, raising=False)

    assert dlt_rate.measure(["[]"]) == {}


def test_a_python_without_dlt_breaks_nothing(monkeypatch, capsys):
    monkeypatch.setenv(dlt_rate.VARIABLE, sys.executable)

    assert dlt_rate.measure(["[]"]) == {}
    assert "dlt to sqlite was not measured: ModuleNotFoundError" in capsys.readouterr().err

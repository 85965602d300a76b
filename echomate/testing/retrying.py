"""In CI, what failed and may fail by chance is tried once more, alone: tests that carry the mark `timed`.

One that passes then is flaky, which is printed and is no failure; nothing else is retried.
"""

import os
import subprocess
import sys
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

FAILED = ("failed", "error")
NOT_INHERITED = ("CI", "DJANGO_SETTINGS_MODULE")
"""Of the environment: the second try has no third one, and conftest names the settings itself."""


@pytest.hookimpl(trylast=True)  # the workers of a parallel run have ended
def pytest_sessionfinish(session: pytest.Session) -> None:
    is_worker = hasattr(session.config, "workerinput")
    if is_worker or "CI" not in os.environ or session.exitstatus != pytest.ExitCode.TESTS_FAILED:
        return
    terminal: TerminalReporter = session.config.pluginmanager.getplugin("terminalreporter")
    for test in dict.fromkeys(report.nodeid for report in _failures(terminal) if _is_timed(report)):
        terminal.write_line(f"\nonce more, alone: {test}")
        terminal.flush()
        if _passes_alone(session.config, test):
            _forgive(terminal, test)
    if not _failures(terminal):
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    flaky = terminalreporter.stats.get("flaky", [])
    for report in flaky:
        terminalreporter.section(report.nodeid)
        terminalreporter.line(report.longreprtext)
    for test in dict.fromkeys(report.nodeid for report in flaky):
        terminalreporter.write_line(f"flaky: {test}")


def _failures(terminal: TerminalReporter) -> list[Any]:
    return [report for category in FAILED for report in terminal.stats.get(category, [])]


def _is_timed(report: Any) -> bool:
    return "timed" in getattr(report, "keywords", ())


def _passes_alone(config: pytest.Config, test: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-m", config.option.markexpr, test]
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    tried = subprocess.run(command, cwd=config.rootpath, env=environment, check=False)  # noqa: S603 - pytest itself
    return tried.returncode == 0


def _forgive(terminal: TerminalReporter, test: str) -> None:
    for category in FAILED:
        reports = terminal.stats.get(category, [])
        terminal.stats.setdefault("flaky", []).extend(one for one in reports if one.nodeid == test)
        terminal.stats[category] = [one for one in reports if one.nodeid != test]

"""Starts everything in order, watches it, and stops it in order: web, worker, projector, stores.

Of the supervisors at hand, honcho starts all processes at once and stops them at once.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from types import FrameType
from typing import NoReturn

from echomate.local import programs
from echomate.local.home import Home
from echomate.local.lines import Lines
from echomate.local.make import Make
from echomate.local.marker import Marker
from echomate.local.processes import CannotStart, Process, Program, is_free
from echomate.local.rebuild import Rebuild

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY_SECONDS = 60
EVENTS_SECONDS = 10
PATIENT_SIGNALS = 2  # a Ctrl-C may reach the supervisor twice: by the terminal and by make


class Stopped(Exception):
    """The user wants it to stop."""


class Supervisor:
    def __init__(self, home: Home, *, port: int, environment: Mapping[str, str], lines: Lines) -> None:
        self.home = home
        self.port = port
        self.outer = environment
        self.lines = lines
        self.marker = Marker(home.directory)
        self.make = Make()
        self.rebuild = Rebuild(home.directory)
        self.stores: list[Process] = []
        self.applications: list[Process] = []
        self.restarts: dict[str, tuple[float, float]] = {}  # name → pause, when to start again
        self.signals = 0
        self.is_crash = False
        """A store died: what it held last is lost, as the next start says."""

    def run(self) -> int:
        """Until a signal: 0. Until a store dies or something is in the way: 1."""
        self._listen_to_signals()
        try:
            self._start()
            self._watch()
        except Stopped:
            return 0
        except CannotStart as problem:
            self.lines.say(str(problem))
            return 1
        finally:
            self._stop()

    def _listen_to_signals(self) -> None:
        for number in SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores it
                signal.signal(number, self._heard)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        """The first signal stops in order, further ones at once."""
        self.signals += 1

    def _rest(self, seconds: float = 0.1) -> None:
        if self.signals or self.make.was_told_to_stop():
            raise Stopped
        time.sleep(seconds)

    def _start(self) -> None:
        if not is_free(self.port):
            raise CannotStart(f"Port {self.port} is in use: choose another one, e.g. PORT=8001 make run.")
        began_last = self.marker.began_last()
        if began_last:
            self._clean_up_after(began_last)
            self.rebuild.owe()
        self.home.prepare()
        environment = self.home.environment(self.outer)
        self._empty_metrics()
        for store in programs.stores(self.home):
            self.stores.append(self._launch(store))
        self._await(self.stores)
        self._start_applications(environment)
        self._announce()
        if self.rebuild.is_owed:
            self.lines.say("Counters are counted again meanwhile; what is read is right but for them.")
            self.rebuild.process = self._launch(programs.command("rebuild", environment))

    def _start_applications(self, environment: Mapping[str, str]) -> None:
        """Only the projector needs the table to start; the others load their code meanwhile."""
        creation = self._launch(programs.command("create_table", environment))
        *others, projector = programs.applications(environment, port=self.port)
        for program in others:
            self.applications.append(self._launch(program))
        self._finish(creation)
        self.applications.append(self._launch(projector))
        self._await(self.applications)

    def _clean_up_after(self, began: str) -> None:
        """After a crash leftovers end and Redis is emptied; what it held is rebuilt when all runs."""
        self.marker.end_leftovers()
        kept = self.home.directory / "aws" / "state" / "dynamodb.json"
        since = (
            f"what was stored since {datetime.fromtimestamp(kept.stat().st_mtime, UTC):%Y-%m-%d %H:%M:%S} UTC"
            if kept.exists()
            else "what was stored"
        )
        self.lines.say(
            f"The last run (begun {began}) did not end in order. The emulator of AWS writes its items "
            f"now and then: {since} is lost, uploads aside.\n"
            "Redis is emptied; counters and timelines are rebuilt from what is there."
        )
        for name in ("redis-feeds", "redis-state"):
            shutil.rmtree(self.home.directory / name, ignore_errors=True)

    def _empty_metrics(self) -> None:
        """Figures of the processes of the last run are nobody's now."""
        shutil.rmtree(self.home.directory / "metrics", ignore_errors=True)
        (self.home.directory / "metrics").mkdir(parents=True)

    def _launch(self, program: Program) -> Process:
        process = Process(program, output=subprocess.PIPE)
        self.lines.follow(process)
        running = (p.pid for p in (*self.stores, *self.applications) if p.is_alive)
        self.marker.write([os.getpid(), *running, process.pid])
        return process

    def _await(self, processes: list[Process]) -> None:
        for process in processes:
            process.wait_until_ready(rest=self._rest)

    def _finish(self, process: Process) -> None:
        """Wait for a command to end."""
        try:
            while process.is_alive:
                self._rest()
        finally:
            process.kill()
        if process.popen.returncode:
            raise CannotStart(f"manage.py {process.name} failed; see its lines above.")

    def _announce(self) -> None:
        base = f"http://127.0.0.1:{self.port}"
        end = time.monotonic() + EVENTS_SECONDS
        while not programs.answers_well(f"{base}/health/events") and time.monotonic() < end:
            self._rest(0.3)
        login = self.home.login_file
        known = (
            login.read_text().strip() if login.exists() else "none yet; .venv/bin/python manage.py seed_demo"
        )
        self.lines.say(
            f"Echomate runs. Ctrl-C stops it.\n"
            f"API     {base}/api/v1\n"
            f"Docs    {base}/api/docs\n"
            f"Health  {base}/health\n"
            f"Login   {known}"
        )

    def _watch(self) -> NoReturn:
        """A store that dies ends the run; another process is started again, after ever longer pauses."""
        while True:
            self._rest(0.2)
            self.rebuild.look(self.lines)
            for store in self.stores:
                if not store.is_alive:
                    self.is_crash = True
                    raise CannotStart(
                        f"{store.name} ended with exit code {store.popen.returncode}; all stops."
                    )
            for place, process in enumerate(self.applications):
                if not process.is_alive:
                    self._restart(place, process)

    def _restart(self, place: int, process: Process) -> None:
        name, now = process.name, time.monotonic()
        pause, due = self.restarts.get(name, (0.0, 0.0))
        if due == 0.0:
            steady = now - process.began > STEADY_SECONDS
            pause = FIRST_PAUSE if steady or not pause else min(pause * 2, LONGEST_PAUSE)
            process.kill()  # what is left of its children
            self.lines.say(f"{name} ended with exit code {process.popen.returncode}; again in {pause:.0f} s.")
            self.restarts[name] = (pause, now + pause)
        elif now >= due:
            self.restarts[name] = (pause, 0.0)
            self.applications[place] = self._launch(process.program)

    def _stop(self) -> None:
        """In order, a process at a time, so that nothing is called that is gone."""
        if not self.stores:
            return
        self.lines.say("Stopping: web, worker, projector, stores.")
        self.rebuild.stop()
        for process in (*self.applications, *self.stores):
            if not process.stop(is_patient=self._is_patient) and self._is_patient():
                self.lines.say(f"{process.name} did not stop within {process.program.stop_seconds:.0f} s.")
            self.lines.finish(process)
            if process.name == "projector" and process.popen.returncode:
                self.rebuild.owe()  # the emulator forgets what it has not read
        self.lines.finish()
        if self._is_patient() and not self.is_crash:
            self.marker.remove()
        self.lines.say("Stopped.")

    def _is_patient(self) -> bool:
        return self.signals <= PATIENT_SIGNALS

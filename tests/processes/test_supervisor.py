"""The supervisor: restarts what dies, passes on whole lines, leaves nothing behind."""

import signal
import sys
import textwrap

import psutil
import pytest

from cli.stack.child import FIRST_WAIT, LONGEST_WAIT, Child, Command
from tests.servers import until

DEAF = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
print("deaf", flush=True)
time.sleep(1000)
"""
POLITE = "import time; print('polite', flush=True); time.sleep(1000)"


@pytest.fixture
def supervise(family):
    """Starts a supervisor of Python one-liners in a process of its own."""

    def start(grace=10.0, **children):
        script = textwrap.dedent(f"""
            import os, sys
            from cli.stack.supervisor import Command, Supervisor
            from core import logs
            logs.configure()
            with Supervisor(grace={grace}) as supervisor:
                for name, source in {children!r}.items():
                    argv = (sys.executable, "-c", source)
                    supervisor.start(Command(name, argv, os.environ, last=name == "last"))
                supervisor.run()
        """)
        return family.python("-c", script)

    return start


def pid_of(family, text):
    return next(each.pid for each in family.living() if text in each.cmdline())


def test_what_dies_is_started_again(family, supervise):
    running = supervise(polite=POLITE)
    running.says("polite | polite")
    first = pid_of(family, POLITE)

    psutil.Process(first).kill()

    running.says("process.died process=polite exit=-9 restarts_in=0.2")
    until(lambda: running.said().count("polite | polite") == 2, what="a second start")
    assert pid_of(family, POLITE) != first
    assert running.end(signal.SIGTERM) == 0


def test_each_death_doubles_the_wait_and_a_long_life_makes_up_for_it(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("cli.stack.child.time.monotonic", lambda: now[0])
    child = Child(Command("c", (sys.executable, "-c", ""), {}))
    waits = []
    for _ in range(8):
        child.start().wait()
        waits.append(child.rest())
        list(child.forget())
    child.start().wait()
    now[0] += 30
    steady = child.rest()
    list(child.forget())

    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, LONGEST_WAIT, LONGEST_WAIT]
    assert steady == FIRST_WAIT


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_leaves_nothing_behind_not_even_the_deaf_and_their_children(family, supervise, end):
    running = supervise(grace=0.5, deaf=DEAF, polite=POLITE)
    running.says("deaf   | deaf", "polite | polite")

    assert running.end(end) == 0

    family.until_gone()
    assert "process.killed process=deaf" in running.said()
    assert "process=polite" not in running.said()


def test_a_second_ctrl_c_means_now(family, supervise):
    running = supervise(grace=1000, deaf=DEAF)
    running.says("deaf | deaf")
    running.process.send_signal(signal.SIGINT)

    def ask_again():
        running.process.send_signal(signal.SIGINT)
        return running.process.poll() is not None

    until(ask_again, what="the end")
    family.until_gone()


def test_a_supervisor_that_is_killed_leaves_nothing_behind(family, supervise):
    running = supervise(deaf=DEAF, polite=POLITE)
    running.says("deaf   | deaf", "polite | polite")

    running.end(signal.SIGKILL)

    family.until_gone()


def test_what_others_need_ends_after_them(family, supervise):
    says_so = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep({0}), print('bye'), sys.exit()))\n"
        "print('up', flush=True)\n"
        "time.sleep(1000)"
    )
    running = supervise(last=says_so.format(0), first=says_so.format(0.5))
    running.says("last  | up", "first | up")

    assert running.end(signal.SIGTERM) == 0

    said = running.said()
    assert said.index("first | bye") < said.index("last  | bye")


def test_lines_of_several_processes_never_mix(supervise):
    many = "import sys\nfor n in range(2000): sys.stdout.write('x' * 99); print('', n)\n"
    running = supervise(a=many + "import time; time.sleep(1000)", b=many + "time = 1; input()")
    running.says("a | " + "x" * 99 + " 1999", "b | " + "x" * 99 + " 1999")

    running.end(signal.SIGTERM)

    lines = [line for line in running.said().splitlines() if "xxx" in line]
    assert {line[4:103] for line in lines} == {"x" * 99}
    assert {line[:4] for line in lines} == {"a | ", "b | "}


def test_a_program_that_does_not_exist_is_tried_again_and_said(family):
    script = (
        "from cli.stack.supervisor import Command, Supervisor\n"
        "with Supervisor() as supervisor:\n"
        "    supervisor.start(Command('ghost', ('/nowhere/ghost',), {}))\n"
        "    supervisor.run()\n"
    )
    running = family.python("-c", "from core import logs; logs.configure()\n" + script)

    running.says("process.not_started process=ghost", "restarts_in=0.4")
    assert running.end(signal.SIGTERM) == 0

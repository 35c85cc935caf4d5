"""Prints how long the builds take that one waits for, with everything that they depend on built.

    python3 bench/builds.py [release] [debug] [clean]

`clean` is the first `cargo run` of a clean clone, many minutes; without a name it is the other two.

Beside the time the CPU time: on a busy machine that is the one to go by. Files are touched, not
changed. Nothing fails because of a time.
"""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FUNCTIONS = ["--package", "latchkey-functions", "--bins"]


def cargo(*arguments, directory=ROOT):
    started = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["cargo", *arguments, "--locked", "--quiet"],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu


def line(what, goal, measured):
    print(f"| {what} | {goal} | {measured[0]:.0f} | {measured[1]:.0f} |", flush=True)


def release():
    cargo("build", "--release", *FUNCTIONS)
    (ROOT / "shared/src/lib.rs").touch()
    everything = cargo("build", "--release", *FUNCTIONS)
    line("all functions, release, after a change to `shared`", "120", everything)


def debug():
    # As `cargo run` and the tests build them.
    cargo("build", "--bins")
    (ROOT / "shared/src/lib.rs").touch()
    line("all programs, debug, after a change to `shared`", "40", cargo("build", "--bins"))
    (ROOT / "functions/src/shares/create.rs").touch()
    one = cargo("build", "--bin", "create-share")
    line("one function, debug, after a change to its endpoint", "5", one)
    line("then the others", "–", cargo("build", "--bins"))


def clean():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        # What `cargo run` does: itself first, then the functions.
        line("first `cargo run`: itself", "–", cargo("build", "--bin", "local", directory=folder))
        line("first `cargo run`: the functions", "–", cargo("build", "--bins", directory=folder))


def main():
    print(f"{os.cpu_count()} processors; load {os.getloadavg()[0]:.1f} at the start\n")
    print("| build | goal, s | s | CPU-s |\n|---|---|---|---|", flush=True)
    for name in sys.argv[1:] or ["release", "debug"]:
        {"release": release, "debug": debug, "clean": clean}[name]()


if __name__ == "__main__":
    main()

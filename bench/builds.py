"""Prints how long the builds take that one waits for, with everything that they depend on built.

    python3 bench/builds.py            all of them
    python3 bench/builds.py --clean    also the first `cargo run` of a clean clone, some minutes

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


def cargo(*arguments, directory=ROOT, **environment):
    started = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["cargo", *arguments, "--locked", "--quiet"],
        cwd=directory,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu


def line(what, goal, measured):
    print(f"| {what} | {goal} | {measured[0]:.0f} | {measured[1]:.0f} |", flush=True)


def main():
    print(f"{os.cpu_count()} processors; load {os.getloadavg()[0]:.1f} at the start\n")
    print("| build | goal, s | s | CPU-s |\n|---|---|---|---|", flush=True)

    cargo("build", "--release", *FUNCTIONS)
    (ROOT / "shared/src/lib.rs").touch()
    (ROOT / "functions/src/lib.rs").touch()
    line("all functions, release", "120", cargo("build", "--release", *FUNCTIONS))
    (ROOT / "functions/src/shares/create.rs").touch()
    line("the same after a change to one endpoint", "–", cargo("build", "--release", *FUNCTIONS))

    # As `cargo run` and the tests build them.
    cargo("build", "--bins")
    (ROOT / "shared/src/lib.rs").touch()
    line("all programs, debug, after a change to `shared`", "40", cargo("build", "--bins"))
    (ROOT / "functions/src/shares/create.rs").touch()
    one = cargo("build", "--bin", "create-share")
    line("one function, debug, after a change to its endpoint", "5", one)
    line("then the others", "–", cargo("build", "--bins"))

    if "--clean" in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
            # What `cargo run` does: itself first, then the functions.
            first = cargo("build", "--bin", "local", directory=folder)
            rest = cargo("build", "--bins", directory=folder)
            line("first `cargo run`: the local system", "–", first)
            line("first `cargo run`: the functions", "–", rest)


if __name__ == "__main__":
    main()

"""Installs what docs/deploy.md asks for, by its own commands in an empty home, and builds a function.

    installation.py

The target of rustup is left out if its server cannot be reached; the function is then built for the
architecture of this machine.
"""

import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

GUIDE = pathlib.Path("docs/deploy.md")
FUNCTION = "CreateShareFunction"
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]

# What a person would take for a failure, in what a build says.
FRIGHTENING = re.compile(r"\b(error|fail\w*|warn\w*|beta|experimental|deprecated|denied)\b", re.IGNORECASE)


def commands(heading):
    """The first block of commands under a heading of the guide."""
    section = GUIDE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    block = re.search(r"(?:^    .+\n)+", section, re.MULTILINE)
    return [line.strip() for line in block[0].splitlines()]


def main():
    install = commands("What you need")
    assert any("pip install" in command for command in install), install
    build = commands("Deploy")[0]
    assert build == "sam build", build
    with tempfile.TemporaryDirectory() as work:
        home = pathlib.Path(work, "home")
        home.mkdir()
        real = pathlib.Path(os.environ.get("HOME", "/root"))
        environment = {
            "HOME": str(home),
            # Nothing of what the project has installed for itself.
            "PATH": ":".join(place for place in os.environ["PATH"].split(":") if ".ci/tools" not in place),
            "CARGO_HOME": os.environ.get("CARGO_HOME", str(real / ".cargo")),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(real / ".rustup")),
            "SAM_CLI_TELEMETRY": "0",
        }
        template = pathlib.Path("template.yaml").read_text()
        here = pathlib.Path(work, "template.yaml")
        has_target = subprocess.run(
            ["timeout", "120", "rustup", "target", "add", "aarch64-unknown-linux-gnu"],
            capture_output=True, env=environment,
        ).returncode == 0
        if not has_target:
            print("rustup cannot fetch the target from here: built for", ARCHITECTURE)
            install = [command for command in install if not command.startswith("rustup ")]
            template = template.replace("Architectures: [arm64]", f"Architectures: [{ARCHITECTURE}]")
        here.write_text(template)
        options = f"--template-file {here} --base-dir {os.getcwd()} --build-dir {work}/build"
        options += f" --config-file {os.path.abspath('samconfig.toml')}"
        script = "\n".join(["set -e", *install, f"{build} {FUNCTION} {options}"])
        done = subprocess.run(
            ["bash", "-c", script], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        built = pathlib.Path(work, "build", FUNCTION, "bootstrap")
        if done.returncode != 0 or not built.is_file():
            sys.exit(f"{script}\n{done.stdout[-4000:]}")
        said = [line for line in done.stdout.splitlines() if FRIGHTENING.search(line)]
        if said:
            sys.exit("\n".join(["a person would take this for a failure:", *said]))
        print(f"installed and built {FUNCTION}: {built.stat().st_size} bytes")


if __name__ == "__main__":
    main()

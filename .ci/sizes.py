"""Prints how large each function is, and fails when one is past the budget.

    sizes.py DIRECTORY    (of NAME/bootstrap, as `cargo lambda build` leaves it)

Every megabyte of the zip is downloaded again at each cold start.
"""

import io
import pathlib
import sys
import zipfile

BUDGET = 4.0  # MB, zipped


def main(directory):
    functions = sorted(pathlib.Path(directory).glob("*/bootstrap"))
    if not functions:
        return f"no function in {directory}"
    over = []
    for bootstrap in functions:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(bootstrap, "bootstrap")
        plain, zipped = bootstrap.stat().st_size / 1e6, len(packed.getvalue()) / 1e6
        print(f"{plain:6.2f} MB {zipped:6.2f} MB zipped  {bootstrap.parent.name}")
        if zipped > BUDGET:
            over.append(bootstrap.parent.name)
    return f"more than {BUDGET} MB zipped: {', '.join(over)}" if over else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

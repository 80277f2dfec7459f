"""Write both locks anew from the lists in pyproject.toml: `make lock`.

Universal (Python 3.11 and newer, Linux and macOS), with hashes, and with no word about
where the packages came from: a lock must read the same whoever made it.
"""

import subprocess
import sys

COMPILE = [
    sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", "--upgrade",
    "--universal", "--python-version", "3.11", "--generate-hashes",
    "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
]  # fmt: skip
RUNTIME, TESTS = "requirements.txt", "tests/requirements.txt"


def main() -> None:
    """Resolve what the product needs first; the tools then have to fit around it."""
    subprocess.run([*COMPILE, "--output-file", RUNTIME], check=True)
    tools = ["--group", "dev", "--constraint", RUNTIME, "--output-file", TESTS]
    subprocess.run([*COMPILE, *tools], check=True)


if __name__ == "__main__":
    main()

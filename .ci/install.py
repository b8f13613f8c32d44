"""Install with uv, and with pip where uv cannot: pip knows this machine's mirrors, proxies and certificates.

The arguments are those both understand. Hashes in the requirement files hold whichever of the two installs. Both
compile what they install: where Python may write no bytecode later, every start would compile MLflow anew, for seconds.
"""

import subprocess
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Exit code of the installer that ended the job."""
    print("this takes up to a minute: packages are fetched, checked and compiled", flush=True)
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        command = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", sys.executable]
        done = subprocess.run([*command, *arguments], check=False)
        if done.returncode == 0:
            return 0
        print("uv could not install; trying pip", file=sys.stderr)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--compile", "--disable-pip-version-check"]
    return subprocess.run([*pip, *arguments], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

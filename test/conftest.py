"""What every test shares."""

import os
import sys
from pathlib import Path

# A child process finds the same package and the same test modules as this one.
os.environ["PYTHONPATH"] = os.pathsep.join(
    path
    for path in sys.path
    if Path(path, "OpenSSL").is_dir() or path == str(Path(__file__).parent)
)

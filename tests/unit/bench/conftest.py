# SPDX-License-Identifier: MIT
"""The modules of tests/bench are on the path."""
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/bench"))

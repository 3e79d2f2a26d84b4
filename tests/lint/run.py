#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs every lint check; the last line is `N passed, M failed`."""

import bench_docs
import layers
import options_doc
import sizes
import text
from common import main

if __name__ == "__main__":
    main({**layers.CHECKS, **sizes.CHECKS, **options_doc.CHECKS, **text.CHECKS, **bench_docs.CHECKS})

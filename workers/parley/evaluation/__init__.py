# SPDX-License-Identifier: MIT
"""Measuring the shipped models: readers of the data sets, metrics, and `parley eval`."""

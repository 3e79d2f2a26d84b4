# SPDX-License-Identifier: MIT
"""Built-in and drop-in analyzers are found; each broken one is reported, the others live."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import BUILT_IN, EXTRAS
from parley import host

ROOT = Path(__file__).resolve().parents[3]
GOOD = "from parley import analyzer\n@analyzer('good')\ndef good(text):\n    return True\n"


def test_built_in_analyzers_are_ready_with_the_hash_of_their_model(load):
    import hashlib
    report = load(built_in=True)
    assert set(report) == set(BUILT_IN)
    for name, entry in report.items():
        if entry["model"] is None:
            assert not (ROOT / "workers" / "parley" / "models" / f"{name}.npz").exists()
            continue
        weights = ROOT / "workers" / "parley" / "models" / f"{name}.npz"
        assert entry["status"] == "ready" and entry["detail"] is None
        assert entry["model"] == hashlib.sha256(weights.read_bytes()).hexdigest()


def test_report_names_python_and_load_time():
    report = host.load({"analyzers_dir": None, "disable": []})
    assert report["python"] == ".".join(map(str, sys.version_info[:3]))
    assert 0 < report["load_ms"] < 10_000
    host.close()


def test_example_works(load, judge, tmp_path):
    shutil.copy(ROOT / "workers" / "examples" / "shout.py", tmp_path)
    assert load()["shout"]["status"] == "ready"
    verdicts, failures, _ = judge("HELP ME", "help me", "OK")
    assert failures == [] and [of[0][5] for of in verdicts] == [True, False, False]


@pytest.mark.parametrize("source, detail", [
    ("def broken(:\n", "SyntaxError"),
    ("import no_such_module_at_all\n", "ModuleNotFoundError: No module named 'no_such_module"),
    ("raise ValueError('at import')\n", "ValueError: at import"),
    ("raise SystemExit(1)\n", "SystemExit: 1"),
    ("x = 1\n", "defines no analyzer: put @analyzer"),
    ("from parley import analyzer\n@analyzer('Bad Name')\ndef f(t): return True\n",
     "use 1 to 32 of a-z 0-9"),
])
def test_file_that_cannot_be_used_is_reported(load, judge, source, detail):
    report = load(broken=source, good=GOOD)
    assert report["broken"]["status"] == "failed" and detail in report["broken"]["detail"]
    assert report["good"]["status"] == "ready"
    assert [v[0] for v in judge("x")[0][0]] == ["good"]


def test_traceback_names_the_line(load):
    detail = load(broken="x = 1\ny = x / 0\n")["broken"]["detail"]
    assert "broken.py" in detail and "line 2" in detail and "ZeroDivisionError" in detail


def test_failing_setup_is_reported(load, judge):
    report = load(broken="""
        from parley import analyzer
        @analyzer("fragile", version="3")
        class Fragile:
            def setup(self, ctx): raise OSError("no file")
            def analyze(self, batch): return [None] * len(batch)
        """, good=GOOD)
    assert report["fragile"]["status"] == "failed" and report["fragile"]["version"] == "3"
    assert "OSError: no file" in report["fragile"]["detail"]
    assert [v[0] for v in judge("x")[0][0]] == ["good"]


def test_missing_requirement_is_not_a_failure(load, judge):
    report = load(extra="""
        from parley import analyzer
        @analyzer("extra", requires=["no_such_module_at_all"])
        def extra(text): return True
        """)
    assert report["extra"]["status"] == "not installed"
    assert "no_such_module_at_all" in report["extra"]["detail"]
    assert judge("x")[0] == [[]]


def test_name_taken_twice(tmp_path, judge):
    again = GOOD.replace("def good", "def other")
    (tmp_path / "a_first.py").write_text(GOOD)
    (tmp_path / "b_second.py").write_text(again)
    entries = host.load({"analyzers_dir": str(tmp_path), "disable": BUILT_IN})["analyzers"]
    assert [(e["name"], e["status"]) for e in entries] == [("good", "ready"), ("b_second", "failed")]
    assert "the name 'good' is taken by" in entries[1]["detail"]
    assert "a_first.py" in entries[1]["detail"]
    assert len(judge("x")[0][0]) == 1
    host.close()


def test_a_broken_file_named_as_an_analyzer_does_not_hide_that_one(tmp_path, judge):
    (tmp_path / "a_first.py").write_text(GOOD)
    (tmp_path / "good.py").write_text("x = 1 +\n")
    entries = host.load({"analyzers_dir": str(tmp_path), "disable": BUILT_IN})["analyzers"]
    assert [(e["name"], e["status"]) for e in entries] == [("good", "ready"), ("good (2)", "failed")]
    host.close()


def test_a_traceback_begins_in_the_authors_file(load):
    report = load(imports="import no_such_module_at_all\n", syntax="def f(text)\n    return True\n")
    for name, says in (("imports", "ModuleNotFoundError"), ("syntax", "SyntaxError")):
        detail = report[name]["detail"]
        assert f"{name}.py\", line 1" in detail and says in detail, detail
        assert "registry.py" not in detail and "importlib" not in detail, detail


def test_a_wrong_declaration_names_its_file(load):
    detail = load(odd="""
        from parley import analyzer
        @analyzer("Odd Name!")
        def f(text): return True
        """)["odd"]["detail"]
    assert "odd.py: analyzer name 'Odd Name!'" in detail, detail


def test_one_file_may_hold_several_and_imports_do_not_count(load):
    report = load(a_many=GOOD + "@analyzer('better')\ndef better(text): return True\n",
                  b_user="""
        from parley import analyzer
        from parley_drop_in_a_many import good
        @analyzer("third")
        def third(text): return good(text)
        """)
    assert {n: e["status"] for n, e in report.items()} == {
        "good": "ready", "better": "ready", "third": "ready"}


def test_disabled_and_hidden_files_are_left_out(tmp_path):
    (tmp_path / "_private.py").write_text("raise ValueError\n")
    (tmp_path / ".hidden.py").write_text("raise ValueError\n")
    (tmp_path / "notes.txt").write_text("not python\n")
    (tmp_path / "good.py").write_text(GOOD)
    report = host.load({"analyzers_dir": str(tmp_path), "disable": ["toxicity", "good"]})
    assert {e["name"] for e in report["analyzers"]} == set(BUILT_IN) - {"toxicity"}
    assert all(e["status"] == "ready" or e["name"] in EXTRAS
               for e in report["analyzers"])
    host.close()


def test_no_folder_is_no_error(tmp_path):
    report = host.load({"analyzers_dir": str(tmp_path / "absent"), "disable": []})
    assert all(e["status"] == "ready" or e["name"] in EXTRAS
               for e in report["analyzers"])
    host.close()


def test_altered_weights_are_refused(tmp_path):
    """A copy of the package with one bit of one model changed."""
    copy = tmp_path / "workers"
    shutil.copytree(ROOT / "workers" / "parley", copy / "parley",
                    ignore=shutil.ignore_patterns("__pycache__"))
    weights = copy / "parley" / "models" / "question.npz"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(bytes(data))
    (copy / "parley" / "models" / "emotion.npz").unlink()
    code = ("import sys; sys.path.insert(0, sys.argv[1]); from parley import host\n"
            "for e in host.load({'analyzers_dir': None})['analyzers']:\n"
            "    print(e['name'], e['status'], (e['detail'] or '').splitlines()[-1:])\n")
    out = subprocess.run([sys.executable, "-I", "-B", "-c", code, str(copy)], text=True,
                         capture_output=True, check=True, env=dict(os.environ)).stdout
    assert "question failed" in out and "the file was altered" in out
    assert "emotion failed" in out and "cannot be read" in out
    assert "toxicity ready" in out and "sentiment ready" in out

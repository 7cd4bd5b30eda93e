"""The two checks of a record: the product's, and the one that outsiders run."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from storage.export import exported_lines
from storage.verify import verify_file

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_audit.py"

Head = tuple[int, str]


class Verdict(NamedTuple):
    """*bad_seq* 0: nothing is wrong."""

    bad_seq: int
    text: str


def _main_of(script: Path) -> Callable[[list[str]], int]:
    spec = importlib.util.spec_from_file_location("verify_audit", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    main: Callable[[list[str]], int] = module.main
    return main


_main = _main_of(SCRIPT)


def of_product(path: Path, head: Head | None) -> Verdict:
    """What `countersign audit verify --anchor` says of a database. A record that claims the anchor
    lost by a restore is passed, but not in silence: it is told that the anchor shows nothing."""
    result = verify_file(path, anchor=head)
    if result.ok and result.anchor_lost and head is not None:
        sentences = "; ".join(loss.sentence() for loss in result.losses)
        return Verdict(head[0], f"{sentences}; the anchor's record is one of them")
    if result.ok:
        return Verdict(0, f"ok {result.records} records, head {result.head_seq} {result.head_hash}")
    return Verdict(result.bad_seq or 0, f"bad record {result.bad_seq}: {result.reason}")


def of_outsider(export: Path, *arguments: str) -> Verdict:
    """What `verify_audit.py` says of an export."""
    said, complaint = StringIO(), StringIO()
    with redirect_stdout(said), redirect_stderr(complaint):
        code = _main([str(export), *arguments])
    text = said.getvalue().strip()
    assert code in (0, 1), complaint.getvalue()
    return Verdict(int(text.split()[2].rstrip(":")) if code else 0, text)


def heads_log(path: Path, heads: Sequence[Head]) -> str:
    """A file of *heads*, as the bot writes it."""
    path.write_text("".join(f"2026-11-18 {seq}:{digest}\n" for seq, digest in heads))
    return str(path)


def no_alarm(path: Path, heads: Sequence[Head], lines: Sequence[str] | None = None) -> None:
    """Both checks pass on the honest database at *path*; *lines* are its export, if it was made."""
    export = path.with_suffix(".jsonl")
    export.write_text("".join(f"{line}\n" for line in lines or exported_lines(path)))
    for head in heads[-3:]:
        verdict = of_product(path, head)
        assert verdict.bad_seq == 0, f"{path.name} is honest: {verdict.text}"
    verdict = of_outsider(export, "--heads", heads_log(path.with_suffix(".log"), heads))
    assert verdict.bad_seq == 0, f"the export of {path.name} is honest: {verdict.text}"

"""Whatever JSON an app sends as blocks, it is judged, never answered with a crash."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.workspace.block_elements import KEYS
from bot.sandbox.workspace.blocks import _KEYS, _VIEW_KEYS, problems, view_problems
from bot.sandbox.workspace.inputs import state_values, with_ids

TYPES = ["plain_text", "mrkdwn", "modal", "home", "raw_text", "rich_text_section", "pie", *KEYS]
NAMES = sorted({"type", *set().union(*KEYS.values(), *_KEYS.values()), *_VIEW_KEYS})
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
WORDS = st.sampled_from([*TYPES, *_KEYS])
JSON = st.recursive(
    SCALARS | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
        | st.builds(
            lambda kind, rest: {**rest, "type": kind},
            WORDS,
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
        )
    ),
    max_leaves=20,
)
BLOCKS = st.lists(
    st.builds(
        lambda kind, rest: {**rest, "type": kind},
        st.sampled_from(sorted(_KEYS)),
        st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5),
    ),
    max_size=3,
)


@given(blocks=JSON | BLOCKS)
def test_any_json_is_judged_and_what_passes_can_be_shown(blocks: Any) -> None:
    if not problems(blocks, "message"):
        shown = with_ids(blocks, lambda: "id")
        state_values(shown, {})


@given(view=st.dictionaries(st.sampled_from(sorted(_VIEW_KEYS)), JSON | BLOCKS))
def test_any_view_is_judged(view: dict[str, Any]) -> None:
    for kind in ("modal", "home"):
        assert isinstance(view_problems({**view, "type": kind}), list)

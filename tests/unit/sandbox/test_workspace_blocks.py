"""Every limit of Block Kit is found, at the edge and one over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    HeaderBlock,
    InputBlock,
    MarkdownTextObject,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.sandbox.workspace.blocks import Surface, message_problems, problems, view_problems
from tests.unit.sandbox.workspace_kit import (
    Block,
    actions,
    button,
    form,
    modal,
    mrkdwn,
    plain,
    section,
    text_input,
)


def option(value: str = "a", **more: Any) -> Block:
    return {"text": plain("A"), "value": value, **more}


def select(count: int = 1, **more: Any) -> Block:
    options = [option(f"v{n}") for n in range(count)]
    return {"type": "static_select", "action_id": "pick", "options": options, **more}


def choices(kind: str, count: int) -> Block:
    return {"type": kind, "action_id": "c", "options": [option(f"v{n}") for n in range(count)]}


def confirm(**more: Any) -> Block:
    shown = {"title": plain("T"), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")}
    return button(confirm={**shown, **more})


def table(rows: int = 1, cells: int = 1, text: str = "x", **more: Any) -> Block:
    row = [{"type": "raw_text", "text": text}] * cells
    return {"type": "table", "rows": [row] * rows, **more}


def data_table(rows: int = 2, **more: Any) -> Block:
    row = [{"type": "raw_text", "text": "x"}]
    return {"type": "data_table", "caption": "Orders", "rows": [row] * rows, **more}


def chart(title: str = "Unpaid", segments: int = 1) -> Block:
    pie = {"type": "pie", "segments": [{"label": "a", "value": 1}] * segments}
    return {"type": "data_visualization", "title": title, "chart": pie}


def image(**more: Any) -> Block:
    return {"type": "image", "image_url": "https://a.example/i.png", "alt_text": "alt", **more}


def context(*shown: Block) -> Block:
    return {"type": "context", "elements": list(shown)}


def card(**more: Any) -> Block:
    return {"type": "card", "title": plain("t"), **more}


def container(children: int = 1, **more: Any) -> Block:
    shown = [{"type": "divider"} for _ in range(children)]
    return {"type": "container", "title": plain("t"), "child_blocks": shown} | more


def rich(*pieces: Block) -> Block:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": list(pieces)}],
    }


def user_input(element: Block, **more: Any) -> Block:
    return {"type": "input", "label": plain("L"), "element": element, **more}


def long(count: int) -> Block:
    return plain("x" * count)


def url(count: int) -> str:
    return "https://a/" + "x" * (count - 10)


def sections(count: int) -> list[Block]:
    """Sections with *count* characters in all."""
    return [section("x" * 2500)] * (count // 2500) + [section("x" * (count % 2500))]


def fields(count: int, text: str = "x") -> Block:
    return {"type": "section", "fields": [mrkdwn(text)] * count}


def groups(count: int) -> Block:
    group = {"label": plain("g"), "options": [option()]}
    return {"type": "static_select", "action_id": "pick", "option_groups": [group] * count}


def icon(name: str) -> Block:
    shown = {"type": "icon_button", "icon": name, "text": plain("x")}
    return {"type": "context_actions", "elements": [shown]}


def buttons(count: int) -> list[Block]:
    return [button(f"a{n}") for n in range(count)]


Made = Callable[[int], list[Block]]
# what is limited, the most that is allowed, blocks that hold that many
LIMITS: list[tuple[str, int, Made]] = [
    ("block_id", 255, lambda n: [section(block_id="b" * n)]),
    ("section text", 3000, lambda n: [section("x" * n)]),
    ("fields", 10, lambda n: [fields(n)]),
    ("field text", 2000, lambda n: [fields(1, "x" * n)]),
    ("header text", 150, lambda n: [{"type": "header", "text": long(n)}]),
    ("header level", 4, lambda n: [{"type": "header", "text": plain("x"), "level": n}]),
    ("context elements", 10, lambda n: [context(*[plain("x")] * n)]),
    ("context text", 3000, lambda n: [context(mrkdwn("x" * n))]),
    ("actions elements", 25, lambda n: [actions(*buttons(n))]),
    ("action_id", 255, lambda n: [actions(button("a" * n))]),
    ("button text", 75, lambda n: [actions(button(text=long(n)))]),
    ("button value", 2000, lambda n: [actions(button(value="x" * n))]),
    ("button url", 3000, lambda n: [actions(button(url=url(n)))]),
    ("accessibility label", 75, lambda n: [actions(button(accessibility_label="x" * n))]),
    ("confirm title", 100, lambda n: [actions(confirm(title=long(n)))]),
    ("confirm text", 300, lambda n: [actions(confirm(text=long(n)))]),
    ("confirm yes", 30, lambda n: [actions(confirm(confirm=long(n)))]),
    ("confirm no", 30, lambda n: [actions(confirm(deny=long(n)))]),
    ("option value", 150, lambda n: [actions(select(options=[option("x" * n)]))]),
    ("option text", 75, lambda n: [actions(select(options=[option(text=long(n))]))]),
    ("option description", 75, lambda n: [actions(select(options=[option(description=long(n))]))]),
    ("select options", 100, lambda n: [actions(select(n))]),
    ("option groups", 100, lambda n: [actions(groups(n))]),
    ("placeholder", 150, lambda n: [actions(select(placeholder=long(n)))]),
    ("overflow options", 5, lambda n: [actions(choices("overflow", n))]),
    ("checkboxes", 10, lambda n: [actions(choices("checkboxes", n))]),
    ("radio buttons", 10, lambda n: [actions(choices("radio_buttons", n))]),
    ("input label", 2000, lambda n: [user_input(select(), label=long(n))]),
    ("input hint", 2000, lambda n: [user_input(select(), hint=long(n))]),
    ("min_length", 3000, lambda n: [text_input(min_length=n)]),
    ("max_length", 3000, lambda n: [text_input(max_length=n)]),
    ("image alt", 2000, lambda n: [image(alt_text="x" * n)]),
    ("image title", 2000, lambda n: [image(title=long(n))]),
    ("image url", 3000, lambda n: [image(image_url=url(n))]),
    ("elements with focus", 1, lambda n: [actions(select(focus_on_load=True))] * n),
]
MESSAGE_LIMITS: list[tuple[str, int, Made]] = [
    ("blocks", 50, lambda n: [section()] * n),
    ("all characters", 13_200, sections),
    ("markdown", 12_000, lambda n: [{"type": "markdown", "text": "x" * (n // 2)}] * 2 + (
        [{"type": "markdown", "text": "x"}] if n % 2 else [])),
    ("table rows", 100, lambda n: [table(rows=n)]),
    ("table cells", 20, lambda n: [table(cells=n)]),
    ("table characters", 10_000, lambda n: [table(text="x" * 5000), table(text="x" * (n - 5000))]),
    ("column settings", 20, lambda n: [table(column_settings=[None] * n)]),
    ("data table rows", 101, lambda n: [data_table(n)]),
    ("data table page", 100, lambda n: [data_table(page_size=n)]),
    ("charts", 2, lambda n: [chart()] * n),
    ("chart title", 50, lambda n: [chart("x" * n)]),
    ("chart segments", 6, lambda n: [chart(segments=n)]),
    ("card title", 150, lambda n: [card(title=long(n))]),
    ("card body", 200, lambda n: [card(body=long(n))]),
    ("card subtext", 200, lambda n: [card(subtext=long(n))]),
    ("card actions", 3, lambda n: [card(actions=buttons(n))]),
    ("carousel", 10, lambda n: [{"type": "carousel", "elements": [card()] * n}]),
    ("container children", 10, lambda n: [container(n)]),
    ("container title", 150, lambda n: [container(title=long(n))]),
]  # fmt: skip
# what is asked, a block that has it, one that has not
RULES: list[tuple[str, list[Block], list[Block]]] = [
    ("a section says something", [section("x")], [section("")]),
    ("a section has text or fields", [fields(1)], [{"type": "section"}]),
    ("a context says something", [context(mrkdwn("x"))], [context(mrkdwn(""))]),
    ("actions are not empty", [actions(button())], [actions()]),
    ("action ids differ", [actions(button("a"), button("b"))], [actions(button(), button())]),
    (
        "block ids differ",
        [section(block_id="a"), section(block_id="b")],
        [section(block_id="a"), section(block_id="a")],
    ),
    ("a button is plain", [actions(button())], [actions(button(text=mrkdwn("x")))]),
    ("a link is the web's", [actions(button(url="https://a"))], [actions(button(url="ftp://a"))]),
    ("a style exists", [actions(button(style="danger"))], [actions(button(style="loud"))]),
    (
        "an initial option is offered",
        [actions(select(initial_option=option("v0")))],
        [actions(select(initial_option=option("v1")))],
    ),
    ("an input is one", [user_input(select())], [user_input(button())]),
    ("min is below max", [text_input(min_length=2)], [text_input(min_length=3, max_length=2)]),
    ("an image has an alt text", [image()], [image(alt_text=None)]),
    ("rich text", [rich({"type": "text", "text": "x"})], [rich({"type": "text", "text": ""})]),
    ("rich text pieces", [rich({"type": "emoji", "name": "x"})], [rich({"type": "button"})]),
    ("properties are known", [section(expand=True)], [section(colour="red")]),
    (
        "emoji is for plain text",
        [context(plain("x") | {"emoji": False})],
        [context(mrkdwn("x") | {"emoji": True})],
    ),
    (
        "verbatim is for mrkdwn",
        [context(mrkdwn("x") | {"verbatim": True})],
        [context(plain("x") | {"verbatim": True})],
    ),
]
MESSAGE_RULES: list[tuple[str, list[Block], list[Block]]] = [
    ("a cell says something", [table(text="x")], [table(text="")]),
    ("a data table has a caption", [data_table()], [data_table(caption=None)]),
    (
        "a header row is raw",
        [data_table(rows=1)],
        [data_table() | {"rows": [[rich({"type": "text", "text": "x"})]]}],
    ),
    ("no data table in a container", [container()], [container(child_blocks=[data_table()])]),
    ("the one icon", [icon("trash")], [icon("star")]),
]
EVERY_SURFACE: list[Surface] = ["message", "modal", "home"]


def names(table: Sequence[tuple[Any, ...]]) -> list[str]:
    return [one[0] for one in table]


@pytest.mark.parametrize("surface", EVERY_SURFACE)
@pytest.mark.parametrize(("what", "most", "made"), LIMITS, ids=names(LIMITS))
def test_at_the_limit_passes_and_one_over_is_named(
    what: str, most: int, made: Made, surface: Surface
) -> None:
    assert problems(made(most), surface) == []
    assert len(problems(made(most + 1), surface)) == 1, what


@pytest.mark.parametrize(("what", "most", "made"), MESSAGE_LIMITS, ids=names(MESSAGE_LIMITS))
def test_a_message_at_its_limit_passes_and_one_over_is_named(
    what: str, most: int, made: Made
) -> None:
    assert problems(made(most), "message") == []
    assert len(problems(made(most + 1), "message")) == 1, what


@pytest.mark.parametrize("surface", EVERY_SURFACE)
@pytest.mark.parametrize(("what", "right", "wrong"), RULES, ids=names(RULES))
def test_a_broken_rule_is_named(
    what: str, right: list[Block], wrong: list[Block], surface: Surface
) -> None:
    assert problems(right, surface) == []
    assert len(problems(wrong, surface)) == 1, what


@pytest.mark.parametrize(("what", "right", "wrong"), MESSAGE_RULES, ids=names(MESSAGE_RULES))
def test_a_broken_rule_of_messages_is_named(
    what: str, right: list[Block], wrong: list[Block]
) -> None:
    assert problems(right, "message") == []
    assert len(problems(wrong, "message")) == 1, what


EVERYWHERE: set[str] = set(EVERY_SURFACE)
SURFACES: list[tuple[Block, set[str]]] = [
    (section(), EVERYWHERE),
    (context(plain("x")), EVERYWHERE),
    (actions(button()), EVERYWHERE),
    ({"type": "divider"}, EVERYWHERE),
    ({"type": "header", "text": plain("x")}, EVERYWHERE),
    (image(), EVERYWHERE),
    (rich({"type": "text", "text": "x"}), EVERYWHERE),
    (text_input(), EVERYWHERE),
    (table(), {"message", "home"}),
    (data_table(), {"message", "home"}),
    (container(), {"message", "home"}),
    ({"type": "carousel", "elements": [card()]}, {"message", "home"}),
    (chart(), {"message"}),
    ({"type": "markdown", "text": "x"}, {"message"}),
    ({"type": "alert", "text": plain("x"), "level": "warning"}, {"modal"}),
    ({"type": "unheard_of"}, set()),
]


@pytest.mark.parametrize("surface", EVERY_SURFACE)
@pytest.mark.parametrize(("block", "on"), SURFACES, ids=[one[0]["type"] for one in SURFACES])
def test_each_block_passes_on_its_surfaces_only(
    block: Block, on: set[str], surface: Surface
) -> None:
    assert (problems([block], surface) == []) == (surface in on)


def test_the_same_action_id_in_two_blocks_is_allowed() -> None:
    assert problems([section(accessory=button("details"))] * 3, "message") == []


def test_a_message_without_a_text_means_nothing_on_a_phone() -> None:
    assert message_problems({"blocks": [section()]}) == ["text: is missing or empty"]
    assert message_problems({"text": " ", "blocks": []}) == ["text: is missing or empty"]
    assert message_problems({"text": "x", "blocks": '[{"type": "divider"}]'}) == []
    assert len(message_problems({"text": "x" * 4001})) == 1


@pytest.mark.parametrize(
    ("view", "fault"),
    [
        (form(), None),
        (modal(*[section()] * 100), None),
        (modal(*[section()] * 101), "blocks: "),
        (modal(text_input()), "view.submit: is missing"),
        ({**modal(), "blocks": []}, "view.blocks: "),
        ({**modal(), "title": plain("x" * 25)}, "view.title.text: "),
        ({**modal(), "title": mrkdwn("x")}, "view.title: "),
        ({**form(), "submit": plain("x" * 25)}, "view.submit.text: "),
        ({**modal(), "close": plain("x" * 25)}, "view.close.text: "),
        (modal(callback_id="x" * 256), "view.callback_id: "),
        (modal(private_metadata="x" * 3001), "view.private_metadata: "),
        (modal(notify_on_close="yes"), "view.notify_on_close: "),
        (modal(state={}), "view: has an unknown property"),
        ({"type": "home", "blocks": [section()]}, None),
        ({"type": "home", "blocks": [text_input()]}, None),
        ({"type": "home", "title": plain("x"), "blocks": [section()]}, "view.title: "),
        ({"type": "dialog", "blocks": [section()]}, "view.type: "),
        (modal(*[section("汉" * 3000)] * 28), "view_too_large: "),
    ],
)
def test_a_view_is_judged_with_its_frame(view: Block, fault: str | None) -> None:
    found = view_problems(view)
    assert [one.startswith(fault) for one in found] == [True] if fault else found == []


def test_what_the_sdk_builds_passes() -> None:
    blocks = [
        HeaderBlock(text="Order 1042"),
        SectionBlock(
            text=MarkdownTextObject(text="*ECS x 4*"),
            fields=[MarkdownTextObject(text="12,480.00 CNY"), PlainTextObject(text="Unpaid")],
            accessory=ButtonElement(text="Details", action_id="details", value="17"),
        ),
        ActionsBlock(
            elements=[
                ButtonElement(
                    text="Share",
                    action_id="share",
                    confirm=ConfirmObject(title="Share?", text="All see it", confirm="Yes"),
                ),
                StaticSelectElement(
                    action_id="pick", placeholder="Pick", options=[Option(value="a", label="A")]
                ),
            ]
        ),
    ]
    assert problems([block.to_dict() for block in blocks], "message") == []
    view = View(
        type="modal",
        title="Find",
        submit="Find",
        blocks=[InputBlock(label="Id", element=PlainTextInputElement(action_id="text"))],
    )
    assert view_problems(view.to_dict()) == []

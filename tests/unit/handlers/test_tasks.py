"""Work behind the ack: held, caught, awaited at the end, and what it tells when it is cut."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import StorageError, UserError
from handlers.answers import errors_shown
from handlers.tasks import Acks, Tasks
from handlers.views.surface import Rendered


class Heard:
    """An Answer that keeps what it was given."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.texts: list[str] = []
        self._deaf = deaf

    async def show(self, rendered: Rendered) -> None:
        if self._deaf:
            await asyncio.sleep(60)
        self.texts.append(rendered.text)


async def recorded(_error: UserError) -> None:
    return


async def not_recorded(_error: UserError) -> None:
    raise StorageError("the disk is full")


def fail(error: Exception) -> None:
    raise error


async def test_running_work_and_what_it_starts_are_awaited() -> None:
    tasks, done = Tasks(Acks()), []

    async def work(depth: int) -> None:
        await asyncio.sleep(0)
        done.append(depth)
        if depth < 3:
            tasks.spawn(work(depth + 1))

    tasks.spawn(work(1))
    assert len(tasks) == 1
    assert await tasks.drain(5) == 0
    assert done == [1, 2, 3]
    assert len(tasks) == 0


async def test_work_that_fails_is_logged_and_hurts_nobody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tasks = Tasks(Acks())

    async def broken() -> None:
        raise RuntimeError("no way")

    tasks.spawn(broken())
    assert await tasks.drain(5) == 0
    assert "task_failed" in capsys.readouterr().out


async def test_work_that_the_end_cuts_short_says_so() -> None:
    tasks, answer = Tasks(Acks()), Heard()

    async def endless() -> None:
        async with errors_shown(answer, recorded):
            await asyncio.sleep(60)

    tasks.spawn(endless())
    assert await tasks.drain(0.01) == 1
    (text,) = answer.texts
    assert "restarting" in text


async def test_the_last_word_does_not_hold_up_the_end() -> None:
    tasks = Tasks(Acks())

    async def endless() -> None:
        async with errors_shown(Heard(deaf=True), recorded):
            await asyncio.sleep(60)

    tasks.spawn(endless())
    async with asyncio.timeout(5):
        assert await tasks.drain(0.01) == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (UserError("Which order?"), "Which order?"),
        (StorageError("full"), "could not be recorded"),
        (TimeoutError(), "Slack did not answer"),
        (RuntimeError("secret detail"), "Something broke on our side"),
    ],
)
async def test_whatever_goes_wrong_is_one_sentence_to_the_person(
    error: Exception, sentence: str
) -> None:
    answer = Heard()
    async with errors_shown(answer, recorded):
        fail(error)
    (text,) = answer.texts
    assert sentence in text
    assert "secret detail" not in text


async def test_a_refusal_that_cannot_be_recorded_is_not_explained() -> None:
    answer = Heard()
    async with errors_shown(answer, not_recorded):
        fail(UserError("You may not view any account"))
    (text,) = answer.texts
    assert "could not be recorded" in text


async def test_what_comes_at_the_same_moment_is_acknowledged_before_work_begins() -> None:
    tasks, order = Tasks(Acks()), list[str]()

    async def work(name: str) -> None:
        order.append(f"work {name}")

    async def input_of(name: str, *, slow: bool) -> None:
        with tasks.acks.acking():
            if slow:
                await asyncio.sleep(0.02)
            order.append(f"ack {name}")
        tasks.spawn(work(name))

    await asyncio.gather(*(input_of(each, slow=each == "c") for each in "abc"))
    await tasks.drain(1)
    assert [each.split()[0] for each in order] == ["ack"] * 3 + ["work"] * 3


async def test_work_that_is_drained_apart_waits_for_the_same_acks() -> None:
    tasks, order = Tasks(Acks()), list[str]()
    apart = Tasks(tasks.acks)

    async def work() -> None:
        order.append("work")

    with tasks.acks.acking():
        apart.spawn(work())
        await asyncio.sleep(0.01)
        order.append("ack")
    assert await tasks.drain(0) == 0
    assert order == ["ack"]
    await apart.drain(1)
    assert order == ["ack", "work"]


async def test_acks_that_never_end_do_not_hold_work_up_for_ever() -> None:
    tasks, done = Tasks(Acks()), asyncio.Event()

    async def work() -> None:
        done.set()

    with tasks.acks.acking():
        tasks.spawn(work())
        async with asyncio.timeout(5):
            await done.wait()


async def test_work_that_is_cut_before_it_begins_leaves_nothing_behind() -> None:
    tasks = Tasks(Acks())

    async def work() -> None:
        raise AssertionError("begun")

    with tasks.acks.acking():
        tasks.spawn(work())
        assert await tasks.drain(0) == 1

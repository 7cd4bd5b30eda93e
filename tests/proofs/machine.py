"""Hypothesis as everybody at once, on the services with a store in memory."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from tests.proofs.proof import Bug, Figures, Proof, Size
from tests.unit.services.test_machine import TheMachine


def run(size: Size) -> Figures:
    steps = 0

    class Counted(TheMachine):
        @invariant()
        def is_counted(self) -> None:
            nonlocal steps
            steps += 1

    try:
        run_state_machine_as_test(
            seed(size["seed"])(Counted),
            settings=settings(
                max_examples=size["lives"],
                stateful_step_count=40,
                deadline=None,
                database=None,
                phases=[Phase.generate],  # the seed repeats it; shrinking takes minutes
                report_multiple_bugs=False,
                print_blob=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
    except Exception as error:
        told = "\n".join([repr(error), *getattr(error, "__notes__", ())])
        raise AssertionError(f"seed {size['seed']}: {told}") from error
    return {"requests' lives": size["lives"], "steps": steps, "promises broken": 0}


PROOF = Proof(
    name="adversary",
    promise="An adversary who redelivers, restarts, reorders and kills breaks no promise",
    commit={"seed": 1, "lives": 150},
    full={"seed": 2, "lives": 500},
    bug={"seed": 3, "lives": 400},
    run=run,
    bugs=(
        Bug(
            "an unclear call is made again",
            "bot/services/settling.py",
            "    if effect is CancelEffect.NOT_SENT:\n",
            "    if effect in (CancelEffect.NOT_SENT, CancelEffect.UNKNOWN):\n",
        ),
        Bug(
            "the order is not read again before the claim",
            "bot/services/executor.py",
            """        if not await self._rechecks.is_the_same(request, reading):
            return
        if not await self._rechecks.expired(request):
            await self._claim(request)
""",
            """        if not await self._rechecks.expired(request):
            await self._claim(request)
""",
        ),
        Bug(
            "votes are not judged again before the claim",
            "bot/services/executor.py",
            " or not await self._rechecks.still_wanted(request, company):",
            ":",
        ),
        Bug(
            "a yes of the cloud is taken for the effect",
            "bot/services/settling.py",
            "    if reading.found is Found.CANCELLED:\n        return ended(request, S.CANCELLED,",
            "    if reading.found is not Found.PAID:\n        return ended(request, S.CANCELLED,",
        ),
        Bug(
            "the requester's approval counts",
            "bot/domain/votes.py",
            "    if company.humans.same(person.user_id, request.requested_by):\n"
            '        return Verdict(counts=False, rule="requester")\n',
            "",
        ),
    ),
)

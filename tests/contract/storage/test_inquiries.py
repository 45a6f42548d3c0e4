"""Inquiries of citizens, alike on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.inquiries import REPLY_WITHIN, AskerKind, Inquiry, InquiryState
from gateway.domain.operators import Operator, Role
from gateway.storage import audit_texts, auditing, inquiries, operators
from gateway.storage.inquiries import InquiryStep
from gateway.storage.operators import Account
from gateway.storage.store import Store
from gateway.storage.versioned import Stale
from tests.contract.storage.district import D1, NOW, lay

CLERK = Operator("clerk", "clerk", "clerk 示例", D1, frozenset({Role.DEPARTMENT_STAFF}))


def inquiry(number: int) -> Inquiry:
    return Inquiry(
        id=f"01a20000-0000-7000-8000-00000000000{number}",
        number=f"CX20261123-00000{number}",
        state=InquiryState.TAKEN,
        asker=AskerKind.GUARDIAN,
        name="张某某（示例）",
        contact="书面（示例）",
        place="路口（示例）",
        why="事由（示例）",
        since=NOW - timedelta(hours=2),
        until=NOW - timedelta(hours=1),
        owner_id=D1,
        cameras=("C-001", "C-002"),
        taken_by=CLERK.id,
        organisation_id=D1,
        taken_at=NOW,
        due_at=NOW + REPLY_WITHIN,
    )


async def test_inquiries_come_back_as_they_were_and_the_slower_writer_is_told(store: Store) -> None:
    first, second = inquiry(1), inquiry(2)
    async with store.begin() as connection:
        await lay(connection)
        await operators.insert(connection, Account(CLERK, "", 0, None, NOW))
        for one in (first, second):
            await inquiries.insert(connection, one)
        assert await inquiries.get(connection, first.id) == first
        assert await inquiries.get(connection, "nothing") is None
        assert await inquiries.is_taken(connection, first.number)
        assert not await inquiries.is_taken(connection, "CX")
        assert await inquiries.newest(connection, None, 9, None) == [second, first]
        assert await inquiries.newest(connection, second.id, 9, D1) == [first]
        assert await inquiries.newest(connection, None, 9, "elsewhere") == []
        after = replace(first, state=InquiryState.REFUSED, ended_at=NOW, reply="理由（示例）", version=2)
        await inquiries.save(connection, after)
        with pytest.raises(Stale):
            await inquiries.save(connection, after)
        assert await inquiries.get(connection, first.id) == after


async def test_steps_keep_their_order_and_lose_their_words(store: Store) -> None:
    one = inquiry(1)
    steps = [
        InquiryStep(one.id, seq, NOW, CLERK.id, D1, move, "taken", f"words {seq}", {"document": "passport"})
        for seq, move in ((1, "take"), (2, "identify"))
    ]
    async with store.begin() as connection:
        await lay(connection)
        await operators.insert(connection, Account(CLERK, "", 0, None, NOW))
        await inquiries.insert(connection, one)
        for step in reversed(steps):
            await inquiries.add_step(connection, step)
        assert await inquiries.steps_of(connection, one.id) == steps
        typed = {"name": one.name, "contact": one.contact}
        about = ("take_inquiry", "inquiry", one.id)
        await auditing.append(connection, "gateway-1", NOW, CLERK.id, *about, {}, typed)
        await auditing.append(connection, "gateway-1", NOW, CLERK.id, "x", "inquiry", "other", {}, typed)
        texts = await inquiries.texts_of(connection, one.id)
        assert len(texts) == 2
        await audit_texts.erase(connection, texts[0], NOW, CLERK.id)
        assert await inquiries.texts_of(connection, one.id) == texts[1:]
        await inquiries.forget_words(connection, one.id)
        assert [step.why for step in await inquiries.steps_of(connection, one.id)] == ["", ""]

"""Documents of cameras, alike on both databases."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.lifecycle import Lifecycle
from gateway.storage import camera_documents, cameras
from gateway.storage.camera_documents import Document
from gateway.storage.store import Store
from tests.contract.storage.district import NOW, lay


def document(number: int, camera: str = "C-001", kind: str = "consent") -> Document:
    name = f"01a20000-0000-7000-8000-00000000000{number}"
    return Document(name, camera, kind, "同意函.pdf", f"x/{name}.pdf", "application/pdf", 5, "0" * 64, "someone", NOW)


async def test_documents_stay_in_the_file_when_they_are_withdrawn(store: Store) -> None:
    first, second, other = document(1), document(2), document(3, kind="other")
    later = NOW + timedelta(hours=1)
    async with store.begin() as connection:
        await lay(connection)
        for one in (first, second, other, document(4, "C-002")):
            await camera_documents.insert(connection, one)
        assert await camera_documents.count(connection, ["C-001", "C-002", "C-003"], "consent") == {
            "C-001": 2,
            "C-002": 1,
        }
        assert await camera_documents.withdraw(connection, "C-001", first.id, later)
        assert not await camera_documents.withdraw(connection, "C-001", first.id, later), "once"
        assert not await camera_documents.withdraw(connection, "C-002", second.id, later), "of another camera"
        assert await camera_documents.count(connection, ["C-001"], "consent") == {"C-001": 1}
        listed = await camera_documents.of_camera(connection, "C-001")
        assert [(one.document.id, one.document.withdrawn_at, one.uploaded_by_name) for one in listed] == [
            (other.id, None, None),
            (second.id, None, None),
            (first.id, later, None),
        ]
        assert await camera_documents.get(connection, "C-001", second.id) == second
        assert await camera_documents.get(connection, "C-002", second.id) is None


async def test_works_that_are_over_are_found_with_their_versions(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
        for number, hours in ((1, 1), (2, 3)):
            values = {"lifecycle": Lifecycle.SUSPENDED, "works_until": NOW + timedelta(hours=hours)}
            await cameras.patch(connection, f"C-{number:03d}", 1, values, NOW)
        assert await cameras.works_over(connection, NOW) == []
        assert await cameras.works_over(connection, NOW + timedelta(hours=2)) == [("C-001", 2)]
        served = {one.id for one in await cameras.every(connection, served_only=True)}
        assert served == {"C-001", "C-002", "C-003", "C-004", "C-005"}, "works do not take a camera out of service"

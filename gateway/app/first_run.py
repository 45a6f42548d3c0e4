"""The first run with the sample district: loads it, makes passwords at random, and keeps them for their owner."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from gateway.app.footing import CannotRun, private_file
from gateway.app.sampling import SampleRun
from gateway.clock import new_id
from gateway.services.catalogue_ledger import Ledger
from gateway.services.office import Office
from gateway.services.seeding import BadFolder, Means, NewAccount, is_empty, load_folder
from gateway.services.signing_in import hash_password
from gateway.settings import Settings

ACCOUNTS = "sample-accounts.txt"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letters that are taken for one another when typed from paper."""


def new_password() -> str:
    """Twelve characters at random, in groups of four: about 59 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


async def load_sample(settings: Settings, office: Office, sample: SampleRun) -> str:
    """Loads the sample into an empty database, later runs keep what is there; returns what the operator is told of its
    accounts. Raises ``CannotRun``.
    """
    accounts = settings.data / ACCOUNTS
    if await is_empty(office.store):
        made = await _load(office, sample.folder, sample.password_file.read_text("ascii").strip())
        private_file(accounts, _listed(made))
    if not accounts.exists():
        return "The sample accounts' passwords were kept elsewhere."
    return f"Sample accounts (kept in {accounts}):\n{accounts.read_text('utf-8')}"


async def _load(office: Office, folder: Path, device_password: str) -> Sequence[NewAccount]:
    means = Means(lambda: new_id(office.clock), new_password, hash_password)
    try:
        return await load_folder(
            office.store,
            office.box,
            folder,
            office.clock.now(),
            means,
            passwords={"sample": device_password},
            ledger=Ledger(office.gateway_id, office.hashing),
        )
    except BadFolder as problem:
        raise CannotRun(str(problem)) from None


def _listed(accounts: Sequence[NewAccount]) -> str:
    width = max((len(account.login) for account in accounts), default=0)
    lines = [f"{one.login:<{width}}  {one.password}  {'+'.join(sorted(one.roles))}  {one.name}" for one in accounts]
    return "# login  password  roles  name\n" + "\n".join(lines) + "\n"

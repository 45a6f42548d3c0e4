"""The quarterly look through all accounts: filtered by remark, and taken away as a table."""

from __future__ import annotations

import csv
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import Desk
from tests.e2e.test_sharing import choose
from tests.running import District


def test_r29_the_security_manager_reads_the_review_and_keeps_it(desks: Callable[..., Desk], district: District) -> None:
    with district.client("security") as client:
        accounts = client.get("/api/v1/operators/review").json()["items"]
    vendors = {row["login"] for row in accounts if "vendor" in row["remarks"]}
    assert vendors
    desk = desks("security")
    page = desk.page
    desk.go("operators")
    page.locator('[data-test="tab-access-review"]').click()
    rows = page.locator('[data-test="review-row"]')
    expect(rows).to_have_count(len(accounts))
    choose(page, "review-remark", "remark-vendor")
    expect(rows).to_have_count(len(vendors))
    with page.expect_download() as coming:
        page.locator('[data-test="review-csv"]').click()
    lines = list(csv.reader(coming.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert lines[0][:3] == ["账号", "单位", "角色"]
    assert len(lines) == 1 + len(vendors)
    assert all(any(f"({login})" in line[0] for line in lines[1:]) for login in vendors)
    page.locator('[data-test="language-en"]').first.click()
    expect(page.locator('[data-test="review-count"]')).to_have_text(f"{len(vendors)} of {len(accounts)} accounts")
    page.locator('[data-test="language-zh"]').first.click()

"""What a message says is bounded, and an org's text in it is text and nothing else."""

import pytest

from spendready_pipeline.delivery import Message, Part
from spendready_pipeline.delivery.message import sanitize


@pytest.mark.parametrize(
    ("typed", "active"),
    [
        ("<!channel> App", "<!"),
        ("App @everyone", "@everyone"),
        ("[Reset your password](https://evil.example)", "]("),
        ("see https://evil.example", "://"),
        ("<script>alert(1)</script>", "<script"),
        ("App\nVerdict: nothing found", "\n"),
        ("App \u202egpj.exe", "\u202e"),
    ],
)
def test_a_name_of_the_org_does_nothing(typed: str, active: str) -> None:
    assert active in typed
    assert active not in sanitize(typed)


def test_a_username_stays_as_it_is() -> None:
    assert sanitize("svc.erp@acme.example & co") == "svc.erp@acme.example & co"


@pytest.mark.parametrize("limit", [100, 500, 2000, 32768])
def test_a_message_fits_and_says_how_much_it_leaves_out(limit: int) -> None:
    lines = tuple(f"[high] the finding number {number} of many" for number in range(80))
    text = Message("title", "The verdict.", (Part("New: 400", lines, 400),), "The report is attached.").text(limit)
    assert len(text) <= limit
    assert text.startswith("The verdict.")
    if limit >= 500:
        listed = text.count("the finding number")
        assert listed > 0
        assert f"and {400 - listed} more" in text

"""Why something did not arrive, said without a URL, an answer's text or a secret."""


class NotDeliveredError(Exception):
    """A destination did not take what was sent.

    Args:
        reason: Why, in a few words of ours.
        certain: Whether nothing can have arrived, so that trying again makes no second copy.
    """

    def __init__(self, reason: str, certain: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.certain = certain

"""What other packages take from the original's ``OpenSSL._util``."""


class Handle:
    """Where a native object is.  ``int()`` gives the address, for those with functions of their own.

    It keeps *owner*, the Python object whose native object it is.
    """

    __slots__ = ("address", "owner", "pointed")

    def __init__(self, address: int, pointed: str, owner: object) -> None:
        self.address = address
        self.pointed = pointed
        self.owner = owner

    def __int__(self) -> int:
        return self.address

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and self.address == other.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        return f"<{self.pointed} {self.address:#x} of {self.owner!r}>"

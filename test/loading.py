"""What all pairs of a function that loads and one that dumps have in common."""

import pytest

from OpenSSL import crypto

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT
KINDS = pytest.mark.parametrize("kind", [PEM, ASN1])


class OfLoading:
    """A subclass names the functions, the type and dump's second parameter, and has an example."""

    load = dump = type = parameter = ""

    def der(self):
        raise NotImplementedError

    def load_as(self, kind, data):
        return getattr(crypto, self.load)(kind, data)

    def dump_as(self, kind, loaded):
        return getattr(crypto, self.dump)(kind, loaded)

    @KINDS
    def test_round_trip(self, kind):
        encoded = self.dump_as(kind, self.load_as(ASN1, self.der()))
        assert (encoded == self.der()) == (kind == ASN1)
        loaded = getattr(crypto, self.load)(type=kind, buffer=encoded)
        assert type(loaded) is getattr(crypto, self.type)
        assert getattr(crypto, self.dump)(**{"type": kind, self.parameter: loaded}) == encoded

    @pytest.mark.parametrize("convert", [bytearray, memoryview, lambda data: data.decode()])
    def test_buffers(self, convert):
        pem = self.dump_as(PEM, self.load_as(ASN1, self.der()))
        assert self.dump_as(PEM, self.load_as(PEM, convert(pem))) == pem

    @pytest.mark.parametrize("kind", [100, TEXT, object(), None, "PEM"])
    def test_unknown_type(self, kind):
        with pytest.raises(ValueError, match="type"):
            self.load_as(kind, b"")
        if kind != TEXT:
            with pytest.raises(ValueError, match="type"):
                self.dump_as(kind, self.load_as(ASN1, self.der()))

    @KINDS
    @pytest.mark.parametrize("junk", [b"", b"hello, world", b"\x30\x84\xff\xff\xff\xff"])
    def test_junk(self, kind, junk):
        with pytest.raises(crypto.Error) as failure:
            self.load_as(kind, junk)
        assert failure.value.args[0]

    @pytest.mark.parametrize("wrong", [None, 3, object()])
    def test_wrong_types(self, wrong):
        with pytest.raises(TypeError, match="buffer"):
            self.load_as(PEM, wrong)
        with pytest.raises(TypeError, match=self.parameter):
            self.dump_as(PEM, wrong)

    @pytest.mark.parametrize("args", [(), (PEM,), (PEM, b"", 1)])
    def test_number_of_arguments(self, args):
        for name in (self.load, self.dump):
            with pytest.raises(TypeError):
                getattr(crypto, name)(*args)

    def test_cut_anywhere(self):
        der = self.der()
        for size in range(len(der)):
            with pytest.raises(crypto.Error):
                self.load_as(ASN1, der[:size])

"""src/util/module.c: what a module is filled with."""

import sys
import types

import _probe
import pytest

import support


@pytest.fixture
def module():
    made = types.ModuleType("some.package")
    _probe.fill(made)
    return made


class TestAddConstants:
    def test_values(self, module):
        assert module.ONE == 1
        assert module.MINUS == -1
        assert sys.maxsize == module.LARGE


class TestAddException:
    def test_names(self, module):
        assert module.Error.__module__ == "some.package"
        assert module.Error.__name__ == module.Error.__qualname__ == "Error"
        assert module.Error.__doc__ == "It failed."
        assert repr(module.Error("x")) == "Error('x')"

    def test_bases(self, module):
        assert module.Error.__bases__ == (Exception,)
        assert module.Special.__bases__ == (module.Error,)


class TestAddAlias:
    def test_same_object(self, module):
        assert module.Alias is module.Error


class TestAddNamespace:
    def test_plain_class(self, module):
        assert type(module.Numbers) is type
        assert module.Numbers.__bases__ == (object,)
        assert module.Numbers.__module__ == "some.package"
        assert module.Numbers.__qualname__ == "Numbers"
        assert module.Numbers.__doc__ == "Some numbers."

    def test_values(self, module):
        public = {name: value for name, value in vars(module.Numbers).items() if name[0] != "_"}
        assert public == {"ONE": 1, "MINUS": -1, "LARGE": sys.maxsize}


class TestAddType:
    def test_names(self):
        assert _probe.Owner.__module__ == "_probe"
        assert _probe.Owner.__name__ == _probe.Owner.__qualname__ == "Owner"

    def test_dict_only_where_there_is_one(self):
        assert "__dict__" in vars(_probe.Owner)


class TestNoModule:
    @pytest.mark.parametrize("value", [None, 3, object()])
    def test_is_refused(self, value):
        with pytest.raises((TypeError, SystemError)):
            _probe.fill(value)


RELOAD = """
import gc, importlib, sys, weakref
import _probe
modules = []
for _ in range(5):
    del sys.modules["_probe"]
    modules.append(importlib.import_module("_probe"))
    modules[-1].Owner().add(1)
assert len({module.Owner for module in modules}) == 5
references = [weakref.ref(item) for module in modules for item in (module, module.Owner)]
del _probe, modules, sys.modules["_probe"]
gc.collect()
print([reference() for reference in references if reference() is not None])
"""


class TestState:
    def test_each_import_has_its_own_and_it_goes(self):
        assert support.run_script(RELOAD) == "[]\n"

    def test_objects_outlive_the_module(self):
        assert (
            support.run_script("""
import gc, sys
import _probe
value = _probe.Owner()
kind = _probe.Owner
del sys.modules["_probe"], _probe
gc.collect()
value.add(3)
print(value.get(), kind().get())
""")
            == "3 0\n"
        )

"""src/util/object.h: the shape of every public type."""

import copy
import gc
import pickle
import sys
import weakref

import _probe
import pytest

import support


class Sub(_probe.Owner):
    pass


class Slotted(_probe.Owner):
    __slots__ = ("extra",)


TYPES = [_probe.Owner, Sub, Slotted, _probe.Mutex, _probe.RWLock]


@pytest.mark.parametrize("kind", TYPES)
class TestHead:
    def test_attributes(self, kind):
        object = kind()
        object.anything = 1
        assert object.anything == 1
        assert vars(object) == object.__dict__ == {"anything": 1}
        del object.anything
        assert not hasattr(object, "anything")

    def test_dict_can_be_replaced(self, kind):
        object = kind()
        object.__dict__ = {"x": 1}
        assert object.x == 1
        with pytest.raises(TypeError):
            object.__dict__ = 3

    def test_weak_reference(self, kind):
        object, dead = kind(), []
        reference = weakref.ref(object, dead.append)
        assert reference() is object
        del object
        assert reference() is None
        assert dead == [reference]

    def test_cycle_is_collected(self, kind):
        object = kind()
        object.myself = object
        reference = weakref.ref(object)
        del object
        gc.collect()
        assert reference() is None

    def test_no_copies(self, kind):
        object = kind()
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError):
                duplicate(object)

    def test_identity(self, kind):
        one, two = kind(), kind()
        assert one != two
        assert len({one, two}) == 2


class TestSubclasses:
    def test_del_runs_once(self):
        seen = []

        class Final(_probe.Owner):
            def __del__(self):
                seen.append(self.get())

        for _ in range(3):
            Final().add(1)
        assert seen == [1, 1, 1]

    @pytest.mark.skipif(
        support.FREE_THREADED and sys.version_info < (3, 14),
        reason="no class goes in this CPython once a thread has been started",
    )
    def test_class_is_collected(self):
        class Local(_probe.Owner):
            pass

        Local.object = Local()
        reference = weakref.ref(Local)
        del Local
        gc.collect()
        assert reference() is None


class TestOwner:
    def test_owns_until_it_goes(self):
        before = _probe.owned()
        objects = [kind() for kind in (_probe.Owner, Sub, Slotted) for _ in range(10)]
        assert _probe.owned() == before + 30
        objects[0].myself = objects[0]
        del objects
        gc.collect()
        assert _probe.owned() == before

    def test_methods(self):
        object = _probe.Owner()
        object.add(3)
        object.add(number=4)
        assert object.get() == 7
        with pytest.raises(TypeError):
            object.get(1)
        with pytest.raises(TypeError):
            object.add(number="3")

    def test_unbound_method_checks_self(self):
        with pytest.raises(TypeError):
            _probe.Owner.get(object())

    def test_docs(self):
        assert _probe.Owner.__doc__ == "Owns a number."
        assert _probe.Owner.add.__text_signature__ == "($self, /, number)"

    def test_threads_lose_nothing(self):
        object = _probe.Owner()

        def add():
            for _ in range(5000):
                object.add(1)

        support.run_together(*[add] * 8)
        assert object.get() == 40000

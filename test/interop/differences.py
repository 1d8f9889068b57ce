"""How the original's behaviour differs from ours, as our own tests see it.

Each row: what a failing test says, or "test name: what it says", as a regular expression; and the
words by which doc/compatibility.rst tells of the difference.
"""

DIFFERENCES = [
    # names
    (
        r"has no attribute|cannot import name|'type' object is not subscriptable",
        "Names that the newest release has lost",
    ),
    (
        r"has already been used to create a Connection",
        "a setter of a ``Context`` after its first ``Connection``",
    ),
    # words and strictness
    (r"Regex pattern did not match", "the words of a ``TypeError``"),
    (r"DID NOT RAISE", "arguments that cannot mean anything"),
    (r"RecursionError|No such attribute", "an object that ``__init__`` has not made"),
    (
        r"object is not callable|must be X509Name objects, not Name objects|opaque",
        "arguments that cannot mean anything",
    ),
    (r"initializer for ctype|expected new array length|cdata pointer|has no len", "buffers"),
    (r"surrogates not allowed", "arguments that cannot mean anything"),
    (r"crashed while running|invalid ELF header", "a crash"),
    # queues and errors
    (r"Error: \[\]|assert \[\]|\(\[\],\)|list index out of range", "``Error`` with an empty list"),
    (r"error:0[0-9A-F]{7}|\(1112\)", "a failed call, or one that OpenSSL fails inside"),
    (r"Timeout", "encrypted private key, no passphrase given"),
    (r"Bytes expected|bad decrypt|bad password read", "what a callback raises, of every kind"),
    # callbacks
    (
        r"TestRaises|test_whose_truth_raises|TestOddThings|test_connection_gives_up|TestOcsp",
        "what a callback raises, of every kind",
    ),
    (r"TestAnswers", "arguments that cannot mean anything"),
    (r"TestSetters.test_references", "what a callback raises, of every kind"),
    # subclasses
    (r"test_subclass|tzinfo subclass", "methods that subclasses inherit"),
    # keys
    (
        r"test_pkey.TestPKey.test_empty|test_in_place_of_a_public_key|test_refused_and_the_old_key|that_it_got|ciphers_that_cannot",
        "a key that is generated again",
    ),
    (
        r"test_implementation_that|int\(\) not supported|TestImport",
        "``cryptography``",
    ),
    (r"test_from_several_threads|not C-contiguous|test_array", "buffers"),
    # certificates and names
    (
        r"test_refused_and_the_old_value|test_name.TestFields.test_unknown",
        "an ``X509Name`` value that is refused",
    ),
    (r"test_repr", "``repr`` of a long name"),
    (r"TestViews", "an ``X509Name`` got before ``set_subject``"),
    (r"test_pem.TestCertificate.test_text|not yet valid|TestSetTime", "another version of OpenSSL"),
    (r"test_other_labels|test_no_type", "what ``load_certificate`` reads"),
    (r"has_expired_with_an_offset", "``has_expired`` with an offset"),
    (
        r"TestLent|later_change_does_not_reach|change_of_an_item|change_a_certificate_that|a_failure_changes_nothing",
        "a certificate that is changed after ``X509Store.add_cert``",
    ),
    (
        r"test_incomplete_certificate",
        "``X509Store.add_cert`` of a certificate that is not complete",
    ),
    (r"TestLoadLocations", "arguments that cannot mean anything"),
    (r"TestOfContext", "a setter of a ``Context`` after its first ``Connection``"),
    # connections
    (r"TestNonBlocking|TestMovingBuffer", "output that the socket does not take at once"),
    (r"test_data_on_the_way", "application data that comes during a renegotiation"),
    (
        r"TestGetVerifiedChain|TestUnverified|test_rejects_what_is_good",
        "``get_verified_chain`` of a peer that was not verified",
    ),
    (r"test_bad_tail|test_weak_tail", "``use_certificate_chain_file`` whose end"),
    (r"test_nothing|test_zero|test_odd_sizes", "``recv(0)``"),
    (r"test_a_write_that_does_not_fit", "``bio_read`` of several writes"),
    (r"SetCipherList.test_str|LoadClientCa.test_str", "where a warning points"),
    (r"TestErrors.test_name", "docstrings"),
]

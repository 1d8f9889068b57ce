"""How the original's behaviour differs from ours, as our own tests see it.

Each row: what a failing test says, or "test name: what it says", as a regular expression; and the
words by which doc/compatibility.rst tells of the difference.
"""

# What does not run on the original at all.
LEFT_OUT = [
    # These look at what is ours alone: the capsule, how threads share a connection, and what
    # a step keeps alive.
    "test/crypto/test_api.py",
    "test/ssl/test_turns.py",
    "test/ssl/test_callbacks.py::TestServername::test_the_one_before_lives_until_the_step_is_over",
    # sendall() believes the length that an object gives itself: it reads 2 GB behind the end of
    # one byte, and where nothing stops it puts all of it, as records, into memory.
    "test/ssl/test_connection_io.py::TestSend::test_too_long",
]

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
    (r"crashed while running|invalid ELF header", "other arguments and states that crash"),
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
    (r"TestAlerts", "the alert that tells the peer"),
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
        r"test_refused_and_the_old_value|test_name.TestFields.test_(unknown|any_bytes)",
        "an ``X509Name`` value that is refused",
    ),
    (r"test_repr", "``repr`` of a long ``X509Name``"),
    (r"TestViews", "an ``X509Name`` got before ``set_subject``"),
    (r"test_pem.TestCertificate.test_text|not yet valid|TestSetTime", "another version of OpenSSL"),
    (r"test_other_labels|test_no_type", "what ``load_certificate`` reads"),
    (r"has_expired_with_an_offset", "``X509.has_expired`` with an offset"),
    (
        r"TestLent|later_change_does_not_reach|change_of_an_item|change_a_certificate_that|a_failure_changes_nothing"
        r"|test_address_moved",
        "a certificate that is changed after ``X509Store.add_cert``",
    ),
    (
        r"test_incomplete_certificate",
        "``X509Store.add_cert`` of a certificate that is not complete",
    ),
    (r"TestLoadLocations", "arguments that cannot mean anything"),
    (r"TestOfContext", "a setter of a ``Context`` after its first ``Connection``"),
    # connections
    (
        r"TestNonBlocking|TestMovingBuffer|test_close_sends_what_goes|test_what_was_queued",
        "output that the socket does not take at once",
    ),
    (
        r"TestRenegotiate.test_(before_the_first_handshake|in_a_role_taken)",
        "``renegotiate`` before the first handshake is over",
    ),
    (r"TestListen.test_role", "``set_accept_state`` after ``DTLSv1_listen``"),
    (r"test_tolerated", "``send`` or ``shutdown`` whose write fails"),
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

# What fails or not by chance, or by what ran before in the same process.
SOMETIMES = [
    (r"test_renegotiation.TestRefused.test_flood", "two threads on one ``Connection``"),
    (r"unknown curve name|test_curve", "``get_elliptic_curves``"),
    (
        r"test_runs_in_parallel|in threads|TestThreads|TestSameKeyInSeveralThreads",
        "two threads on one object of ``crypto``",
    ),
]

# The same for the older releases, which have more names: these come first.
OLDER_DIFFERENCES = [
    # requests
    (r"test_request.*assert 1 is True", "``X509Req.verify``"),
    (r"TestVersion.*valid version for X509Req is 0", "``X509Req.set_version``"),
    (
        r"test_request.TestExtensions.test_(merged|the_same|other_attributes)|test_request.*duplicate"
        r"|test_request.TestThreads",
        "``X509Req.add_extensions``, a second time",
    ),
    (r"test_request.TestExtensions.test_none", "``X509Req.add_extensions`` of none"),
    (r"test_microsofts_attribute", "``X509Req.get_extensions`` of a request for Microsoft's"),
    (r"test_refused_value_changes", "an ``X509Name`` value that is refused"),
    # revocation
    (
        r"test_crl.(TestSetVersion.test_raised|TestExport.test_version_for)",
        "version of a ``CRL`` with extensions",
    ),
    (r"TestAllReasons|is not in list", "``Revoked.all_reasons``"),
    (r"TestGetSerial.test_in_one|TestSetSerial.test_any", "``Revoked.get_serial`` of more than"),
    (r"test_none_leaves_nothing_behind", "``Revoked.set_reason(None)``"),
    (r"TestStore.test_keeps_a_copy", "a ``CRL`` that is changed after ``X509Store.add_crl``"),
    (r"test_used_by_a_finalizer", "a finalizer that uses the very ``CRL``"),
    # keys
    (
        r"No such digest method|options0-ed.*invalid digest",
        "of requests and lists with keys that take no digest",
    ),
    (r"Unsupported key type", "kinds of keys that ``from_cryptography_key`` takes"),
    (r"test_what_a_callable_raises_comes_out", "passphrase callback of ``load_privatekey``"),
    (r"do_pk8pkey", "a passphrase callback that answers with nothing"),
    # containers
    (
        r"TestSet(Certificate|Privatekey).test_none_removes|test_none_is_not_used_up",
        "``set_privatekey(None)``",
    ),
    (
        r"test_second_init|TestNew.test_init_again",
        "an object that ``__init__`` has not made, or makes again",
    ),
    (
        r"test_is_the_only_name|test_cannot_be_written|of_another_container_among",
        "``PKCS12.export`` without a friendly name",
    ),
    (
        r"TestExport.test_(public_key|empty)",
        "``PKCS12.export`` with a key that is empty or public",
    ),
    (r"test_maciter|test_no_mac", "a container without a MAC"),
    (r"test_what_the_container_says", "the text of a certificate that ``load_pkcs12`` gives"),
    (r"TestLoadPkcs12", "another version of OpenSSL"),
    (r"NetscapeSPKI.__init__|test_spki.TestThreads", "``NetscapeSPKI(enc)``"),
    (r"TestB64Encode|half_made_objects", "``NetscapeSPKI.b64_encode`` of one that is not signed"),
    # extensions and certificates
    (
        r"test_text_of_other_characters.*ASN1_mbstring_ncopy",
        "the name of a function in an ``Error``",
    ),
    (r"test_a_policy", "an ``X509Extension`` ``certificatePolicies``"),
    (r"test_critical_in_the_value", "``critical`` in an ``X509Extension``'s value"),
    (r"test_nul_(is_seen|in_)", "``str`` of a ``subjectAltName`` with a NUL"),
    (r"test_cannot_be_read|test_no_utf8", "``str`` of an ``X509Extension`` that cannot be read"),
    (r"2001:db8|test_its_certificates|[dD]:0:0:0:0:0:1", "another version of OpenSSL"),
    (r"test_our_certificates", "``X509Extension`` with the number of an unknown kind"),
    (r"TestX509.test_(independent|after_a_change)", "``X509.to_cryptography``"),
    (
        r"TestExtensions.test_index|test_wrong_\w+\[None\]|TestTypes.test_data",
        "arguments that cannot mean anything",
    ),
    (r"TestFields.test_(values|any_)", "an ``X509Name`` value with a NUL"),
    (r"test_flipped_bits|TestFlipped", "``Error`` with an empty list"),
    (r"253\) ==|TestLoadDump.test_text|\[\d, \d, 'un", "another version of OpenSSL"),
    # threads
    (
        r"in threads|test_by_many_threads|test_others_run_meanwhile",
        "two threads on one object of ``crypto``",
    ),
    # what the newest has and these have not
    (r"as_cryptography|TestSsl", "``as_cryptography=True``"),
]

"""What of ``cryptography-vectors`` reads differently with us and with ``cryptography``, and why.

Each row: the kinds of object and the questions where it shows; who has an answer, "we", "they", or
"both" with different ones; why; the names of the files, all of which show it.  A part of a file has
its number behind a "#".  A row that is not true of every version of OpenSSL
names the first of which it is, and the first of which it is no more.
"""

ALWAYS = (0, 0)
FOR_EVER = (99, 0)

LEGACY = "needs OpenSSL's legacy provider, which cryptography brings along"
CURVE = "cryptography knows fewer curves"
EXPLICIT = "cryptography writes a curve that has a name with its name, we as it came"
PSS = "cryptography takes a key that is for RSA-PSS only for one without limits"
STRICT = (
    "cryptography's parser refuses what is not DER or not as the RFC has it, OpenSSL's reads it"
)
VALUES = "cryptography parses every extension's value, or gives none; we give the bytes"
NO_PASSPHRASE = "load_privatekey takes a passphrase for PEM only"
NEW_KIND = "a kind of key that came with OpenSSL 3.5"

RFC6979 = "asymmetric/ECDSA/RFC6979/evppkey_ecdsa_rfc6979.txt"

BAD_EXTENSIONS = """
    x509/badssl-sct-anonymous-sig.der x509/badssl-sct-none-hash.der x509/custom/cp_invalid.pem
    x509/custom/cp_invalid2.der x509/custom/empty-eku.pem
    x509/custom/inhibit_any_policy_negative.pem x509/custom/invalid-sct-length.der
    x509/custom/invalid-sct-version.der x509/custom/malformed-ian.pem
    x509/custom/malformed-san.pem x509/custom/nc_invalid_ip4_netmask.der
    x509/custom/nc_invalid_ip_netmask.pem x509/custom/nc_ip_invalid_length.pem
    x509/custom/two_basic_constraints.pem x509/san_edipartyname.der x509/san_x400address.der
    x509/wosign-bc-invalid.pem x509/requests/freeipa-bad-critical.pem
    x509/requests/two_basic_constraints.pem
"""

PSS_KEYS = """
    asymmetric/PKCS8/rsa_pss_2048.pem asymmetric/PKCS8/rsa_pss_2048_hash.pem
    asymmetric/PKCS8/rsa_pss_2048_hash_mask.pem asymmetric/PKCS8/rsa_pss_2048_hash_mask_diff.pem
    asymmetric/PKCS8/rsa_pss_2048_hash_mask_salt.pem
"""

EXPLICIT_KEYS = """
    asymmetric/EC/secp256r1-explicit-no-seed.pem asymmetric/EC/secp256r1-explicit-seed.pem
    asymmetric/EC/secp384r1-explicit-no-seed.pem asymmetric/EC/secp384r1-explicit-seed.pem
    asymmetric/EC/secp521r1-explicit-no-seed.pem asymmetric/EC/secp521r1-explicit-seed.pem
"""

DIFFERENCES = [
    # certificates and lists
    ("certificate, request", "extension count, extensions", "we", VALUES, BAD_EXTENSIONS),
    (
        *("request", "extension count, extensions", "we", VALUES),
        *("x509/requests/zero-element-attribute.pem", ALWAYS, (3, 5)),
    ),
    (
        "certificate",
        "extensions",
        "both",
        "cryptography encodes anew what it has parsed: texts as UTF-8, flags without zeros",
        """
        x509/PKITS_data/certpairs/P1anyPolicyMapping1to2CACertforwardcrossCertificatePair.cp#0
        x509/PKITS_data/certpairs/P1anyPolicyMapping1to2CACertreversecrossCertificatePair.cp#0
        x509/PKITS_data/certs/InvalidonlySomeReasonsTest20EE.crt
        x509/PKITS_data/certs/InvalidonlySomeReasonsTest21EE.crt
        x509/PKITS_data/certs/P1anyPolicyMapping1to2CACert.crt
        x509/PKITS_data/certs/UserNoticeQualifierTest15EE.crt
        x509/PKITS_data/certs/UserNoticeQualifierTest16EE.crt
        x509/PKITS_data/certs/UserNoticeQualifierTest17EE.crt
        x509/PKITS_data/certs/UserNoticeQualifierTest18EE.crt
        x509/PKITS_data/certs/UserNoticeQualifierTest19EE.crt
        x509/PKITS_data/certs/ValidPolicyMappingTest12EE.crt
        x509/PKITS_data/certs/ValidonlySomeReasonsTest19EE.crt
        x509/accvraiz1.pem x509/belgian-eid-invalid-visiblestring.pem
        x509/custom/alternate-rsa-sha1-oid.der x509/custom/cp_user_notice_no_explicit_text.pem
        x509/custom/cp_user_notice_with_explicit_text.pem
        x509/custom/cp_user_notice_with_notice_reference.pem
        """,
    ),
    (
        "certificate",
        "loads",
        "we",
        STRICT,
        """
        x509/PKITS_data/certpairs/DSAParametersInheritedCACertforwardcrossCertificatePair.cp#0
        x509/PKITS_data/certpairs/DSAParametersInheritedCACertreversecrossCertificatePair.cp#0
        x509/PKITS_data/certs/DSAParametersInheritedCACert.crt
        x509/PKITS_data/certs/ValidDSAParameterInheritanceTest5EE.crt
        x509/badasn1time.pem x509/custom/dsa_null_alg_params.pem x509/custom/ecdsa_null_alg.pem
        x509/custom/invalid_version.pem x509/ed25519/ed25519-rfc8410.pem
        """,
    ),
    (
        "certificate",
        "loads",
        "they",
        "OpenSSL decodes names at once, and they are broken",
        "x509/custom/invalid_utf8_common_name.pem x509/custom/long-form-name-attribute.pem",
    ),
    (
        "certificate",
        "signature algorithm",
        "both",
        "a certificate names it twice, differently: cryptography takes the outer one",
        "x509/custom/mismatch_inner_outer_sig_algorithm.der x509/v1_cert.pem",
    ),
    (
        "list",
        "loads",
        "we",
        STRICT,
        """
        x509/custom/crl_bad_version.pem x509/custom/crl_inner_outer_mismatch.der
        x509/custom/crl_issuer_invalid_printable_string.der
        """,
    ),
    ("list", "loads", "we", STRICT, "x509/custom/crl_invalid_time.der", ALWAYS, (3, 5)),
    (
        *("list", "loads", "they"),
        "OpenSSL refuses an entry with an issuer of its own in a list that is not indirect",
        *("x509/custom/crl_all_reasons.pem", (4, 0), FOR_EVER),
    ),
    (
        "list",
        "reasons",
        "we",
        "cryptography reads no extension of an entry if one of them is twice there, broken or "
        "unknown; we show a number that has no name",
        """
        x509/custom/crl_dup_entry_ext.pem x509/custom/crl_inval_cert_issuer_entry_ext.pem
        x509/custom/crl_unsupported_reason.pem
        """,
    ),
    ("request", "loads", "we", STRICT, "x509/requests/bad-version.pem"),
    (
        "request",
        "valid",
        "both",
        "cryptography holds no signature with SHA-1 for valid",
        """
        x509/requests/dsa_sha1.der x509/requests/dsa_sha1.pem x509/requests/rsa_sha1.der
        x509/requests/rsa_sha1.pem x509/requests/san_rsa_sha1.der x509/requests/san_rsa_sha1.pem
        """,
    ),
    # containers
    (
        "pkcs12",
        "loads",
        "they",
        LEGACY,
        "pkcs12/cert-rc2-key-3des.p12 pkcs12/no-password.p12",
    ),
    (
        "pkcs12",
        "loads",
        "we",
        STRICT,
        """
        x509/PKITS_data/pkcs12/DSAParametersInheritedCACert.p12
        x509/PKITS_data/pkcs12/ValidDSAParameterInheritanceTest5EE.p12
        """,
    ),
    (
        "pkcs7",
        "loads",
        "we",
        "cryptography loads signed ones only",
        """
        pkcs7/enveloped-no-content.der pkcs7/enveloped-rsa-oaep.pem
        pkcs7/enveloped-triple-des.pem pkcs7/enveloped.pem
        """,
    ),
    (
        "pkcs7",
        "loads",
        "we",
        STRICT,
        "x509/PKITS_data/smime/SignedValidDSAParameterInheritanceTest5.eml#0",
    ),
    # keys
    ("private key", "private key, key, key type", "both", PSS, PSS_KEYS),
    ("public key", "key, key type", "both", PSS, "asymmetric/PKCS8/rsa_pss_2048_pub.der"),
    (
        "certificate",
        "key, key type",
        "both",
        PSS,
        """
        x509/custom/rsa_pss.pem x509/custom/rsa_pss_cert.pem
        x509/custom/rsa_pss_cert_invalid_mgf.der x509/custom/rsa_pss_cert_no_sig_params.der
        x509/custom/rsa_pss_cert_unsupported_mgf_hash.der
        """,
    ),
    ("private key", "private key, key", "both", EXPLICIT, EXPLICIT_KEYS),
    (
        "public key",
        "key",
        "both",
        EXPLICIT,
        EXPLICIT_KEYS.replace("-explicit", "-pub-explicit"),
    ),
    ("certificate", "key", "both", EXPLICIT, "x509/custom/ec_no_named_curve.pem"),
    (
        "private key",
        "private key",
        "both",
        "cryptography adds the public key that the file leaves out",
        " ".join([RFC6979, *(f"{RFC6979}#{number}" for number in range(0, 10, 2))]),
    ),
    (
        "private key, public key",
        "key type",
        "both",
        "a Diffie-Hellman key with its subgroup is another type in OpenSSL",
        """
        asymmetric/DH/dhkey_rfc5114_2.der asymmetric/DH/dhkey_rfc5114_2.pem
        asymmetric/DH/dhpub_rfc5114_2.der asymmetric/DH/dhpub_rfc5114_2.pem
        """,
    ),
    (
        "public key",
        "key",
        "both",
        "cryptography writes a Diffie-Hellman key with its subgroup, as the other type",
        "asymmetric/DH/dhpub_cryptography_old.pem",
    ),
    (
        "private key",
        "loads",
        "they",
        NO_PASSPHRASE,
        """
        asymmetric/DER_Serialization/ec_private_key_encrypted.der
        asymmetric/DER_Serialization/enc-rsa-pkcs8.der
        asymmetric/DER_Serialization/enc2-rsa-pkcs8.der
        asymmetric/Ed25519/ed25519-pkcs8-enc.der asymmetric/Ed448/ed448-pkcs8-enc.der
        asymmetric/X25519/x25519-pkcs8-enc.der asymmetric/X448/x448-pkcs8-enc.der
        """,
    ),
    (
        "private key",
        "loads",
        "they",
        LEGACY,
        """
        asymmetric/PKCS8/enc-ec-sha1-128-rc4.pem asymmetric/PKCS8/rsa-40bitrc2.pem
        asymmetric/PKCS8/rsa-pbewithmd5anddescbc.pem asymmetric/PKCS8/rsa-rc2-cbc.pem
        """,
    ),
    (
        "private key, public key",
        "loads",
        "they",
        NEW_KIND,
        """
        asymmetric/MLDSA/mldsa44_priv.der asymmetric/MLDSA/mldsa44_pub.der
        asymmetric/MLKEM/mlkem768.der asymmetric/MLKEM/mlkem768.pem
        """,
        ALWAYS,
        (3, 5),
    ),
    (
        "private key",
        "private key",
        "both",
        "OpenSSL writes the seed and what comes of it, cryptography the seed",
        """
        asymmetric/MLDSA/mldsa44_priv.der
        asymmetric/MLKEM/mlkem768.der asymmetric/MLKEM/mlkem768.pem
        """,
        (3, 5),
        FOR_EVER,
    ),
    (
        "private key",
        "loads",
        "we",
        "cryptography needs the seed",
        "asymmetric/MLDSA/mldsa65_noseed_priv.der",
        (3, 5),
        FOR_EVER,
    ),
    (
        "public key",
        "loads",
        "they",
        "cryptography takes PKCS #1, and whatever else is two numbers, for an RSA key",
        "asymmetric/public/PKCS1/rsa.pub.der asymmetric/DH/dhp.der",
    ),
    (
        "private key",
        "loads",
        "we",
        CURVE,
        """
        asymmetric/EC/explicit_parameters_wap_wsg_idm_ecid_wtls11_private_key.pem
        asymmetric/EC/secp128r1_private_key.pem asymmetric/EC/secp256k1-explicit-no-seed.pem
        asymmetric/PKCS8/private.pem
        """
        + " ".join(f"{RFC6979}#{number}" for number in range(10, 30, 2)),
    ),
    (
        "private key",
        "loads",
        "we",
        CURVE + ", and so does OpenSSL from 4.0 on",
        """
        asymmetric/PKCS8/ec_oid_not_in_reg_private_2.pkcs8.pem
        asymmetric/PKCS8/nodompar_private.pkcs8.pem
        """,
        ALWAYS,
        (4, 0),
    ),
    (
        "public key",
        "loads",
        "we",
        CURVE,
        """
        asymmetric/EC/secp256k1-pub-explicit-no-seed.pem asymmetric/EC/sect163k1-spki.pem
        asymmetric/EC/sect163r2-spki.pem asymmetric/EC/sect233k1-spki.pem
        asymmetric/EC/sect233r1-spki.pem
        """
        + " ".join(f"{RFC6979}#{number}" for number in range(11, 31, 2)),
    ),
    (
        "private key",
        "loads",
        "we",
        "cryptography checks the numbers and versions inside; OpenSSL when the key is used",
        """
        asymmetric/EC/truncated-private-key.der
        asymmetric/PEM_Serialization/rsa-bad-1025-q-is-2.pem
        asymmetric/PKCS8/ec-inconsistent-curve2.pem
        asymmetric/PKCS8/ec-invalid-private-scalar.pem asymmetric/PKCS8/ec-invalid-version.pem
        asymmetric/PKCS8/invalid-version.der
        asymmetric/Traditional_OpenSSL_Serialization/dsa-wrong-version.pem
        asymmetric/Traditional_OpenSSL_Serialization/rsa-wrong-version.pem
        """,
    ),
    (
        "public key",
        "loads",
        "we",
        STRICT,
        "asymmetric/DER_Serialization/dsa_public_key_invalid_bit_string.der",
    ),
    (
        "private key, public key",
        "loads",
        "we",
        "cryptography goes by the label of the first block, OpenSSL by what is inside of any",
        f"""
        asymmetric/PKCS8/wrong-pem-delimiter-rsa.pem asymmetric/public/PKCS1/dsa.pub.pem
        {RFC6979}
        """,
    ),
]

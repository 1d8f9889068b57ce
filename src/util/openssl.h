/* The one place that includes OpenSSL and papers over its versions. */
#ifndef UTIL_OPENSSL_H
#define UTIL_OPENSSL_H

#ifndef OPENSSL_API_COMPAT
#define OPENSSL_API_COMPAT 30000
#endif
#ifndef OPENSSL_NO_DEPRECATED
#define OPENSSL_NO_DEPRECATED
#endif

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/objects.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL 3.0 or newer is needed"
#endif

#define UTIL_BUILT_WITH ((unsigned long)OPENSSL_VERSION_NUMBER)

/* OpenSSL 4 hands out const what 3.x's readers still take as plain. */
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
typedef const X509_EXTENSION util_extension;
typedef const X509_NAME_ENTRY util_name_entry;
#else
typedef X509_EXTENSION util_extension;
typedef X509_NAME_ENTRY util_name_entry;
#endif

/* What only some versions can do, decided here once. */
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
#define HAVE_SSL_GROUP_NAME 1
#else
#define HAVE_SSL_GROUP_NAME 0
#endif
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
#define HAVE_STORE_GET1_OBJECTS 1
#else
#define HAVE_STORE_GET1_OBJECTS 0
#endif

#endif

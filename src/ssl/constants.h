/* The names that stand for numbers. */
#ifndef SSL_CONSTANTS_H
#define SSL_CONSTANTS_H
#include "util/module.h"

/* What Context() takes.  The numbers are ours. */
enum {
    METHOD_SSLV2 = 1,
    METHOD_SSLV3,
    METHOD_SSLV23,
    METHOD_TLSV1,
    METHOD_TLSV1_1,
    METHOD_TLSV1_2,
    METHOD_TLS,
    METHOD_TLS_SERVER,
    METHOD_TLS_CLIENT,
    METHOD_DTLS,
    METHOD_DTLS_SERVER,
    METHOD_DTLS_CLIENT
};

extern const util_constant ssl_constants[];
/* The content of X509VerificationCodes. */
extern const util_constant ssl_verification_codes[];

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* webrtcbin and libnice do not wait for the ends of their threads, and a thread
 * that ends while exit() cleans OpenSSL up frees what is freed there: seen as a
 * double free, after all checks. So OpenSSL is not cleaned up, in any program that
 * has check_dep. */

#include <openssl/crypto.h>

static void __attribute__ ((constructor)) keep_openssl (void)
{
  OPENSSL_init_crypto (OPENSSL_INIT_NO_ATEXIT, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* webrtcbin and libnice do not wait for the ends of their threads, and a thread
 * that ends while exit() cleans OpenSSL or GnuTLS up frees what is freed there:
 * seen as a double free, after all checks. So in any program that has check_dep
 * there is nothing of a thread's own to clean up. */

#include <gnutls/crypto.h>
#include <openssl/crypto.h>

#include <sys/random.h>

static void __attribute__ ((constructor)) keep_openssl (void)
{
  OPENSSL_init_crypto (OPENSSL_INIT_NO_ATEXIT, NULL);
}

/* In the place of GnuTLS' own, which has a generator for each thread that ever
 * asked: from 3.8.0 on freed with the thread, and by exit() without a lock;
 * before that kept until exit(), 0.6 KiB and the page around it. */
__attribute__ ((visibility ("default"))) int
gnutls_rnd (gnutls_rnd_level_t level, void *data, size_t length)
{
  return getrandom (data, length, 0) == (ssize_t)length
             ? 0
             : GNUTLS_E_RANDOM_FAILED;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "certificate.h"

#include <gst/check/gstcheck.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void
add_name (X509 *x509, const char *name)
{
  X509_EXTENSION *extension =
      X509V3_EXT_conf_nid (NULL, NULL, NID_subject_alt_name, name);

  ck_assert (X509_add_ext (x509, extension, -1) == 1);
  X509_EXTENSION_free (extension);
}

static char *
take_text (BIO *bio)
{
  char *data;
  long size = BIO_get_mem_data (bio, &data);
  char *text = g_strndup (data, size);

  BIO_free (bio);

  return text;
}

/* One that signs itself, valid from and to so many seconds from now.
 * Returns: in PEM, with its key */
char *
certificate_make (const char *name, long from, long to)
{
  EVP_PKEY *key = EVP_EC_gen ("P-256");
  X509 *x509 = X509_new ();
  BIO *bio = BIO_new (BIO_s_mem ());

  X509_set_version (x509, 2);
  ASN1_INTEGER_set (X509_get_serialNumber (x509), 1);
  X509_gmtime_adj (X509_getm_notBefore (x509), from);
  X509_gmtime_adj (X509_getm_notAfter (x509), to);
  X509_set_pubkey (x509, key);
  X509_NAME_add_entry_by_txt (X509_get_subject_name (x509), "CN", MBSTRING_ASC,
      (const guint8 *)"scripted", -1, -1, 0);
  X509_set_issuer_name (x509, X509_get_subject_name (x509));
  add_name (x509, name);
  ck_assert (X509_sign (x509, key, EVP_sha256 ()) > 0);

  PEM_write_bio_X509 (bio, x509);
  PEM_write_bio_PrivateKey (bio, key, NULL, NULL, 0, NULL, NULL);
  X509_free (x509);
  EVP_PKEY_free (key);

  return take_text (bio);
}

/* The file is read once more for each connection. */
GTlsDatabase *
certificate_trust (const char *pem, char **path)
{
  g_autoptr (GError) error = NULL;
  GTlsDatabase *database;
  int fd = g_file_open_tmp ("client-tls-XXXXXX.pem", path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (*path, pem, -1, &error);
  g_assert_no_error (error);
  database = g_tls_file_database_new (*path, &error);
  g_assert_no_error (error);

  return database;
}

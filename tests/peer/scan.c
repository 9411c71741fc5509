/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program that scans the plugins itself, as one without gst-plugin-scanner. */

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>

/* Runs gst-inspect-1.0, which scans what is not in the registry yet.
 *
 * Returns: what it says of @element */
static char *
inspect (const char *registry, const char *plugin_path, const char *element)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_subprocess_launcher_setenv (launcher, "GST_REGISTRY", registry, TRUE);
  g_subprocess_launcher_setenv (launcher, "GST_REGISTRY_FORK", "no", TRUE);
  g_subprocess_launcher_setenv (launcher, "GST_PLUGIN_PATH", plugin_path, TRUE);
  process = g_subprocess_launcher_spawn (
      launcher, &error, "gst-inspect-1.0", element, NULL);
  ck_assert_msg (process != NULL, "%s", error != NULL ? error->message : "");
  ck_assert (
      g_subprocess_communicate_utf8 (process, NULL, NULL, &text, NULL, NULL));
  ck_assert (g_subprocess_get_successful (process));

  return text;
}

/* Before webrtcbin is known, and after, when it is not loaded. */
GST_START_TEST (test_the_surface_is_there)
{
  g_autofree char *dir = g_dir_make_tmp ("scan-XXXXXX", NULL);
  g_autofree char *registry = g_build_filename (dir, "registry.bin", NULL);
  g_autofree char *other = NULL;
  g_autofree char *text = NULL;

  if (__i__ == 1)
    other = inspect (registry, "", "webrtcbin");
  text = inspect (registry, g_getenv ("GST_PLUGIN_PATH"), "peerconnection");
  ck_assert_msg (strstr (text, "bundle-policy") != NULL, "%s", text);
  ck_assert_msg (
      strstr (text, "\"on-negotiation-needed\"") != NULL, "%s", text);
  g_unlink (registry);
  g_rmdir (dir);
}
GST_END_TEST

static Suite *
scan_suite (void)
{
  Suite *suite = suite_create ("scan");
  TCase *tcase = tcase_create ("scan");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_the_surface_is_there, 0, 2);

  return suite;
}

GST_CHECK_MAIN (scan);

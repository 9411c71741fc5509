/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* At DEBUG, webrtcbin and its ICE agent write the whole URI of a TURN server into
 * the log, with the password (gstwebrtcbin.c, gst_webrtc_bin_add_turn_server;
 * nice.c, _validate_turn_server), and the latter at ERROR where the URI is not
 * one. Passwords reach no log: so both say less while they are given one. */

#include "quiet.h"

static const struct {
  const char *name;
  GstDebugLevel most;
} categories[] = {
  { "webrtcbin", GST_LEVEL_INFO },
  { "webrtcnice", GST_LEVEL_NONE },
};

static GMutex lock;
static guint n_quiet;
static GstDebugLevel before[G_N_ELEMENTS (categories)];

static GstDebugCategory *
find (guint i)
{
  return _gst_debug_get_category (categories[i].name);
}

/**
 * gst_peer_quiet_begin:
 *
 * From any thread; in one another as well.
 */
void
gst_peer_quiet_begin (void)
{
  g_mutex_lock (&lock);
  for (guint i = 0; n_quiet == 0 && i < G_N_ELEMENTS (categories); i++) {
    GstDebugCategory *category = find (i);

    before[i] = category != NULL ? gst_debug_category_get_threshold (category)
                                 : GST_LEVEL_NONE;
    if (before[i] > categories[i].most)
      gst_debug_category_set_threshold (category, categories[i].most);
  }
  n_quiet++;
  g_mutex_unlock (&lock);
}

/**
 * gst_peer_quiet_end:
 *
 * After as many gst_peer_quiet_begin(), all is as it was; what the application
 * has set meanwhile stays.
 */
void
gst_peer_quiet_end (void)
{
  g_mutex_lock (&lock);
  n_quiet--;
  for (guint i = 0; n_quiet == 0 && i < G_N_ELEMENTS (categories); i++) {
    GstDebugCategory *category = find (i);

    if (before[i] > categories[i].most &&
        gst_debug_category_get_threshold (category) == categories[i].most)
      gst_debug_category_set_threshold (category, before[i]);
  }
  g_mutex_unlock (&lock);
}

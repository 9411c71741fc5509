/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "signalling-log.h"

GstDebugCategory *
gst_peer_signalling_get_category (void)
{
  static gsize category;

  if (g_once_init_enter (&category))
    g_once_init_leave (
        &category, (gsize)_gst_debug_category_new ("peersignalling", 0,
                       "WHIP and WHEP, and the HTTP below"));

  return (GstDebugCategory *)category;
}

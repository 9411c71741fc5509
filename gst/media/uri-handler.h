/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* GstURIHandler of elements with a location. */
void gst_peer_uri_sink_init (gpointer iface, gpointer data);
void gst_peer_uri_src_init (gpointer iface, gpointer data);

G_END_DECLS

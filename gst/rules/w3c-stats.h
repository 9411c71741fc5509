/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

char *gst_peer_w3c_name (const char *name);
GstStructure *gst_peer_w3c_stats (const char *name, const GstStructure *stats);

G_END_DECLS

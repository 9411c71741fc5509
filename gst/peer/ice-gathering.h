/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void gst_peer_ice_gathering_watch (GstElement *child);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void gst_peer_delivery_watch (GstElement *encoder);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

gboolean gst_peer_outlives_last_reference (GstElement *element);

G_END_DECLS

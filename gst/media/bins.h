/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Elements that go while the bin that they are in plays on. */

void gst_peer_bin_take_away (GstBin *bin, GstElement *element);
void gst_peer_bin_take_out (GstElement *element);

G_END_DECLS

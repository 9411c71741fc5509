/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void gst_peer_quiet_begin (void);
void gst_peer_quiet_end (void);

G_END_DECLS

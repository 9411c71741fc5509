/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean gst_peer_candidate_is_valid (const char *candidate);

G_END_DECLS

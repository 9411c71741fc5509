/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gint64 gst_peer_retry_delay (
    guint n_tries, double random, gint64 retry_after, gint64 remaining);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A port that is free for TCP and UDP, and that neither the system nor another
 * test gives to anybody else as long as this process runs. */
guint find_port (void);

G_END_DECLS

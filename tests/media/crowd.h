/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Clients that write what they like to a server of the same process. */

GSocket *crowd_connect (guint port);

/* Returns: whether all of it was taken */
gboolean crowd_write (GSocket *socket, const char *text, gsize size);

/* What comes until the end. Returns: the status, 0 for nothing; @reply:
 * (nullable) (out): all of it */
guint crowd_read (GSocket *socket, char **reply);
guint crowd_request (guint port, const char *text, char **reply);

/* Whether the server has closed it; what has come is dropped. */
gboolean crowd_is_over (GSocket *socket);

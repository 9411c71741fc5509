/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a client takes for its server: it passes everything on, until it dies. */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _Front Front;

typedef enum {
  FRONT_IS_NOT_THERE,
  FRONT_DIES,    /* of each request */
  FRONT_IS_MUTE, /* never replies */
  FRONT_PASSES,
} FrontManner;

/* Is not there, at first. */
Front *front_new (void);
void front_free (Front *self);

guint front_get_port (Front *self);
/* From now on; all connections of before are closed.
 * @port: where the server is, for %FRONT_PASSES */
void front_become (Front *self, FrontManner manner, guint port);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *certificate_make (const char *name, long from, long to);
GTlsDatabase *certificate_trust (const char *pem, char **path);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* An HTTP server that does what it is told, and not what HTTP wants. */
typedef struct _ScriptedServer ScriptedServer;

typedef enum {
  REPLY,   /* and close */
  KEEP,    /* reply, and read another request from the same connection */
  HOLD,    /* reply when the test says so */
  HANG,    /* never reply */
  CUT,     /* close, having read the request */
  CUT_OFF, /* reply, which is not all of it, and close */
  STALL,   /* reply, which is not all of it, and leave the connection open */
  FLOOD    /* reply, and go on with a body for as long as anybody reads */
} ScriptedManner;

/* The response to the next request of this method that has no response yet.
 * @reply is what follows "HTTP/1.1 "; {port} and {other} stand for this
 * server's port and another one's. */
typedef struct {
  const char *method;
  const char *reply;
  ScriptedManner manner;
} ScriptedReply;

typedef struct {
  char *line; /* "POST /path" */
  char *headers;
  char *body;
} ScriptedRequest;

ScriptedServer *scripted_server_new (const ScriptedReply *replies,
    guint n_replies, GTlsCertificate *certificate);
void scripted_server_free (ScriptedServer *self);

guint scripted_server_get_port (ScriptedServer *self);
void scripted_server_set_other (ScriptedServer *self, guint port);

void scripted_server_wait (ScriptedServer *self, guint n_requests);
gboolean scripted_server_wait_for (
    ScriptedServer *self, guint n_requests, guint timeout);
const ScriptedRequest *scripted_server_get (ScriptedServer *self, guint index);
gboolean scripted_request_has_header (
    const ScriptedRequest *self, const char *header);
char *scripted_server_get_lines (ScriptedServer *self);
guint scripted_server_count_connections (ScriptedServer *self);
guint64 scripted_server_get_flood (ScriptedServer *self);
void scripted_server_release (ScriptedServer *self);

G_END_DECLS

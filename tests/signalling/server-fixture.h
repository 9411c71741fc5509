/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gst/check/gstcheck.h>

#include "session-server.h"

G_BEGIN_DECLS

/* A session server, whose element is the test, and clients that write what they
 * like. */

#define WATCHDOG (20 * G_TIME_SPAN_SECOND)

#define SDP "Content-Type: application/sdp\r\n"
#define FRAGMENT "Content-Type: application/trickle-ice-sdpfrag\r\n"

#define TOKEN "s3cret-token"

/* An offer of audio and video; with what its m-lines say of setup and more. */
#define OFFER_WITH(session, media)                                             \
  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"                        \
  "a=group:BUNDLE 0 1\r\n" session                                             \
  "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n" media   \
  "a=sendonly\r\na=rtpmap:111 opus/48000/2\r\n"                                \
  "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n" media    \
  "a=sendonly\r\na=rtpmap:96 VP8/90000\r\n"
#define CREDENTIALS "a=ice-ufrag:offr\r\na=ice-pwd:0123456789abcdefghijkl\r\n"
#define OFFER                                                                  \
  OFFER_WITH ("",                                                              \
      CREDENTIALS "a=fingerprint:sha-256 00\r\na=setup:actpass\r\n"            \
                  "a=rtcp-mux\r\na=rtcp-mux-only\r\n")

#define ANSWER_LINE "a=answer-of-the-element"

/* What the element does with an offer. */
typedef enum {
  ANSWERS,
  ANSWERS_LATER, /* on another thread */
  REFUSES,
  ENDS,
  IS_SILENT,
} Behaviour;

typedef struct {
  GstPeerSignaller *signaller;
  guint port;

  Behaviour behaviour;
  GError *refusal;
  gsize answer_size; /* at least */

  GMutex lock;
  GCond cond;
  GPtrArray *events; /* "requested", "candidate 0 candidate:...", ... */
  char *session;     /* the last one's id */
} Server;

Server *server_new (const char *scheme, const char *first_property, ...);
void server_start (Server *self);
void server_free (Server *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_free)

void server_await (Server *self, const char *event);
guint server_count (Server *self, const char *event);

GTlsCertificate *make_certificate (void);

/* What came back, until the server has closed. */
typedef struct {
  guint status; /* 0: nothing came */
  char *head;
  char *body;
} Reply;

void reply_free (Reply *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reply, reply_free)

gboolean reply_has (Reply *self, const char *header);
char *reply_get (Reply *self, const char *name);

GSocketConnection *client_connect (guint port);
void client_write (GSocketConnection *client, const char *text);
Reply *client_read (GIOStream *client);

Reply *request (guint port, const char *method, const char *path,
    const char *headers, const char *body);
char *open_session (Server *server);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "scripted-server.h"
#include "session-client.h"

G_BEGIN_DECLS

/* A token that must be nowhere but in the header. */
#define TOKEN "sesame-7"

#define SDP_HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define SDP_ANSWER                                                             \
  SDP_HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"                     \
           "a=ice-ufrag:them\r\na=ice-pwd:theirs\r\na=recvonly\r\n"
#define SDP_OFFER                                                              \
  SDP_HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:0\r\n"                  \
           "a=ice-ufrag:us\r\na=ice-pwd:ours\r\na=sendonly\r\n"                \
           "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n"                    \
           "a=ice-ufrag:us\r\na=ice-pwd:ours\r\na=sendonly\r\n"

#define CLOSE "Connection: close\r\n"
#define SDP_TYPE "Content-Type: application/sdp\r\n"
/* A response with the answer; @headers each with its end of line. */
#define ANSWER(status, headers)                                                \
  status "\r\n" CLOSE SDP_TYPE headers "\r\n" SDP_ANSWER
#define EMPTY(status, headers)                                                 \
  status "\r\n" CLOSE "Content-Length: 0\r\n" headers "\r\n"

/* A client, and what it says. */
typedef struct {
  GstPeerSessionClient *client;
  GstPeerSignaller *signaller;

  /* What the client is answered with, on its own thread. */
  gboolean offers; /* an offer when it is requested, an answer likewise */
  gboolean ends;   /* end_session() after the answer or the failure */
  const char *const *candidates; /* with the offer, for m-line 0 */

  GMutex lock; /* guards what follows */
  GCond cond;
  GString *log; /* "requested, answer, released" */
  char *id;
  GError *error;
  char *ice_servers;
} ClientFixture;

typedef struct {
  const char *scheme;
  const char *token;
  guint timeout;
  gboolean no_ice_servers;
  GTlsDatabase *tls_database;
  gboolean no_validation;
} ClientSettings;

ClientFixture *client_fixture_new (
    const char *location, const ClientSettings *settings);
void client_fixture_free (ClientFixture *self);

void client_fixture_start (ClientFixture *self);
void client_fixture_wait (ClientFixture *self, const char *event);
void client_fixture_note (ClientFixture *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
char *client_fixture_get_log (ClientFixture *self);

GstWebRTCSessionDescription *client_fixture_make (
    GstWebRTCSDPType type, const char *text);

G_END_DECLS

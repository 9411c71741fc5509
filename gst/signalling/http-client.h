/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Sends requests from a thread with a thread-default main context, and is used
 * there only. */
typedef struct _GstPeerHttpClient GstPeerHttpClient;

/* One request until its response, redirections followed. */
typedef struct _GstPeerHttpExchange GstPeerHttpExchange;

/**
 * GstPeerHttpRequest:
 * @method: its method
 * @uri: where it goes
 * @content_type: (nullable): of @body
 * @body: (nullable): what it carries
 * @accept: (nullable): the type wanted
 * @if_match: (nullable): an ETag
 * @timeout: ms until the response must be complete
 */
typedef struct {
  const char *method;
  GUri *uri;
  const char *content_type;
  GBytes *body;
  const char *accept;
  const char *if_match;
  guint timeout;
} GstPeerHttpRequest;

/**
 * GstPeerHttpResponse:
 * @uri: what has answered, after redirections, or has not
 * @status: 0 when nothing has come
 * @headers: (nullable): of the response
 * @body: (nullable): of the response; for one that is not 2xx or 406, as much
 *   as a person may read
 * @error: (nullable): why nothing has come, or not all of it
 * @tls_errors: what is wrong with the certificate, when that is why
 */
typedef struct {
  GUri *uri;
  guint status;
  SoupMessageHeaders *headers;
  GBytes *body;
  GError *error;
  GTlsCertificateFlags tls_errors;
} GstPeerHttpResponse;

/**
 * GstPeerHttpFunc:
 * @response: lives until this returns
 */
typedef void (*GstPeerHttpFunc) (
    const GstPeerHttpResponse *response, gpointer user_data);

/* No exchange is left, of those that were cancelled neither. */
typedef void (*GstPeerHttpIdleFunc) (gpointer user_data);

GstPeerHttpClient *gst_peer_http_client_new (GUri *location,
    const char *auth_token, GTlsDatabase *tls_database,
    GTlsCertificateFlags tls_validation_flags, GstPeerHttpIdleFunc on_idle,
    gpointer user_data);
void gst_peer_http_client_free (GstPeerHttpClient *self);

GstPeerHttpExchange *gst_peer_http_client_send (GstPeerHttpClient *self,
    const GstPeerHttpRequest *request, GstPeerHttpFunc on_headers,
    GstPeerHttpFunc on_done, gpointer user_data);
void gst_peer_http_client_cancel_all (GstPeerHttpClient *self);
gboolean gst_peer_http_client_is_idle (GstPeerHttpClient *self);

gboolean gst_peer_http_exchange_is_sent (GstPeerHttpExchange *self);
void gst_peer_http_exchange_cancel (GstPeerHttpExchange *self);

gboolean gst_peer_http_response_is_ok (const GstPeerHttpResponse *self);
gboolean gst_peer_http_response_has_type (
    const GstPeerHttpResponse *self, const char *type);

G_END_DECLS

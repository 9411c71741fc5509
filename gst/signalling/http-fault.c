/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a response that is not the wanted one means: for what is done next, and
 * for the person who reads it. */

#include "http-fault.h"

#include "http-uri.h"

#include <gst/gst.h>
#include <string.h>

/* Of what the server says, in characters. */
#define MAX_SAID 200

/* === what to do === */

static gboolean
is_transient_error (const GError *error)
{
  /* libsoup says of headers that are cut off what it says of no HTTP at all. */
  if (error->domain == SOUP_SESSION_ERROR)
    return error->code == SOUP_SESSION_ERROR_PARSING;
  /* A connection that ends during the handshake is a network's doing. */
  if (error->domain == G_TLS_ERROR)
    return error->code == G_TLS_ERROR_EOF;
  /* There is no such host; one that cannot be asked for is another error. */
  if (error->domain == G_RESOLVER_ERROR)
    return error->code != G_RESOLVER_ERROR_NOT_FOUND;
  if (error->domain == G_IO_ERROR) {
    switch (error->code) {
    case G_IO_ERROR_INVALID_DATA:
    case G_IO_ERROR_TOO_MANY_LINKS:
    case G_IO_ERROR_MESSAGE_TOO_LARGE:
    case G_IO_ERROR_INVALID_ARGUMENT:
    case G_IO_ERROR_NOT_SUPPORTED:
      return FALSE;
    default:
      return TRUE;
    }
  }

  return TRUE;
}

/**
 * gst_peer_http_fault_is_transient:
 *
 * Returns: whether the same request may find another response later
 */
gboolean
gst_peer_http_fault_is_transient (const GstPeerHttpResponse *response)
{
  if (response->error != NULL)
    return is_transient_error (response->error);

  return response->status == SOUP_STATUS_CONFLICT ||
         response->status == 429 /* Too Many Requests, RFC 6585 */ ||
         response->status == SOUP_STATUS_SERVICE_UNAVAILABLE;
}

/**
 * gst_peer_http_fault_get_retry_after:
 *
 * RFC 9110 section 10.2.3: seconds or a date.
 *
 * Returns: ms, 0 when the server has not said
 */
gint64
gst_peer_http_fault_get_retry_after (const GstPeerHttpResponse *response)
{
  const char *text =
      response->headers != NULL
          ? soup_message_headers_get_one (response->headers, "Retry-After")
          : NULL;
  g_autoptr (GDateTime) date = NULL;
  guint64 seconds;

  if (text == NULL)
    return 0;
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &seconds, NULL))
    return seconds * 1000;
  date = soup_date_time_new_from_http_string (text);
  if (date == NULL)
    return 0;

  return MAX (
      (g_date_time_to_unix (date) * G_USEC_PER_SEC - g_get_real_time ()) / 1000,
      0);
}

/* === what to say === */

static gboolean
is_readable (const GstPeerHttpResponse *response)
{
  static const char *const types[] = { "text/plain", "application/json",
    "application/problem+json" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    if (gst_peer_http_response_has_type (response, types[i]))
      return TRUE;
  }

  return FALSE;
}

/* What comes from the network is made printable, and has no token in it. */
static char *
get_said (const GstPeerHttpResponse *response, const char *auth_token)
{
  g_autoptr (GString) text = NULL;
  g_autoptr (GString) said = g_string_new (NULL);
  g_autofree char *valid = NULL;
  glong n = 0;

  if (response->body == NULL || !is_readable (response))
    return g_strdup ("");

  text = g_string_new_len (g_bytes_get_data (response->body, NULL),
      g_bytes_get_size (response->body));
  if (auth_token != NULL && *auth_token != '\0')
    g_string_replace (text, auth_token, "...", 0);
  valid = g_utf8_make_valid (text->str, MIN (text->len, strlen (text->str)));
  for (const char *c = valid; *c != '\0' && n < MAX_SAID;
       c = g_utf8_next_char (c)) {
    gunichar character = g_utf8_get_char (c);

    if (!g_unichar_isprint (character))
      character = ' ';
    if (character == ' ' && (said->len == 0 || said->str[said->len - 1] == ' '))
      continue;
    g_string_append_unichar (said, character);
    n++;
  }
  g_strchomp (said->str);

  return *said->str != '\0' ? g_strdup_printf (" It says: %s", said->str)
                            : g_strdup ("");
}

static const struct {
  GTlsCertificateFlags flag;
  const char *text;
} tls_faults[] = {
  { G_TLS_CERTIFICATE_UNKNOWN_CA, "it is signed by an unknown authority" },
  { G_TLS_CERTIFICATE_BAD_IDENTITY, "it belongs to another host" },
  { G_TLS_CERTIFICATE_NOT_ACTIVATED, "it is not valid yet" },
  { G_TLS_CERTIFICATE_EXPIRED, "it has expired" },
  { G_TLS_CERTIFICATE_REVOKED, "it is revoked" },
  { G_TLS_CERTIFICATE_INSECURE, "its algorithm is insecure" },
  { G_TLS_CERTIFICATE_GENERIC_ERROR, "it is faulty" },
};

static char *
describe_tls (GTlsCertificateFlags flags)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (tls_faults); i++) {
    if ((flags & tls_faults[i].flag) == 0)
      continue;
    if (text->len > 0)
      g_string_append (text, ", and ");
    g_string_append (text, tls_faults[i].text);
  }

  return g_strdup (text->str);
}

static GError *
new_network_fault (
    const GstPeerHttpResponse *response, const char *url, int open_code)
{
  g_autofree char *faults = NULL;

  if (response->tls_errors == 0)
    return g_error_new (GST_RESOURCE_ERROR, open_code,
        "The request to %s failed: %s.", url, response->error->message);

  faults = describe_tls (response->tls_errors);

  return g_error_new (GST_RESOURCE_ERROR, open_code,
      "The certificate of %s cannot be trusted: %s. "
      "Set tls-ca-file to what is to be trusted; tls-validation-flags says what "
      "is checked.",
      url, faults);
}

static int
get_code (guint status, int open_code)
{
  switch (status) {
  case SOUP_STATUS_UNAUTHORIZED:
  case SOUP_STATUS_FORBIDDEN:
    return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
  case SOUP_STATUS_NOT_FOUND:
  case SOUP_STATUS_GONE:
    return GST_RESOURCE_ERROR_NOT_FOUND;
  case SOUP_STATUS_CONFLICT:
  case 429:
  case SOUP_STATUS_SERVICE_UNAVAILABLE:
    return GST_RESOURCE_ERROR_BUSY;
  default:
    return open_code;
  }
}

static const char *
get_meaning (guint status, gboolean has_token)
{
  switch (status) {
  case SOUP_STATUS_UNAUTHORIZED:
    return has_token ? "does not accept this auth-token"
                     : "wants to know who asks: set auth-token";
  case SOUP_STATUS_FORBIDDEN:
    return has_token ? "does not allow this with this auth-token"
                     : "does not allow this";
  case SOUP_STATUS_NOT_FOUND:
  case SOUP_STATUS_GONE:
    return "has nothing there";
  case SOUP_STATUS_METHOD_NOT_ALLOWED:
    return "takes no sessions there";
  case SOUP_STATUS_CONFLICT:
  case 429:
  case SOUP_STATUS_SERVICE_UNAVAILABLE:
    return "cannot take the session now";
  case SOUP_STATUS_NOT_ACCEPTABLE:
  case SOUP_STATUS_UNPROCESSABLE_ENTITY:
    return "does not take what is offered";
  default:
    if (status >= 200 && status < 300)
      return "does not answer with an SDP";
    return "refuses the request";
  }
}

/**
 * gst_peer_http_fault_new:
 * @response: one that is not the wanted one
 * @open_code: GST_RESOURCE_ERROR_OPEN_READ or GST_RESOURCE_ERROR_OPEN_WRITE,
 *   for what has no code of its own
 * @auth_token: (nullable): that was sent, and is not to be repeated
 *
 * Returns: (transfer full): of #GstResourceError, for a person to act on
 */
GError *
gst_peer_http_fault_new (
    const GstPeerHttpResponse *response, int open_code, const char *auth_token)
{
  g_autofree char *url = gst_peer_http_uri_to_text (response->uri);
  g_autofree char *said = NULL;
  g_autofree char *later = NULL;
  gint64 retry_after = gst_peer_http_fault_get_retry_after (response);
  const char *phrase = soup_status_get_phrase (response->status);

  if (response->error != NULL)
    return new_network_fault (response, url, open_code);

  said = get_said (response, auth_token);
  if (retry_after > 0 && gst_peer_http_fault_is_transient (response))
    later = g_strdup_printf (" It asks to come back in %" G_GINT64_FORMAT " s.",
        (retry_after + 999) / 1000);

  return g_error_new (GST_RESOURCE_ERROR,
      get_code (response->status, open_code),
      "The server at %s %s (HTTP status %u%s%s).%s%s", url,
      get_meaning (response->status, auth_token != NULL), response->status,
      phrase != NULL ? " " : "", phrase != NULL ? phrase : "",
      later != NULL ? later : "", said);
}

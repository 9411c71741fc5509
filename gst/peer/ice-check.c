/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Asks a peer that has been quiet whether it is there: the Binding request of
 * RFC 7675, at a moment of our own choice. libnice asks every 4 to 6 s, which
 * is too seldom to tell a quiet peer from a vanished one within 5 s. The
 * answer is not looked at; that there is one is what presence.c sees. */

#include "ice-check.h"

#include "ice-agent.h"
#include "ice-socket.h"
#include "insides.h"

#include <string.h>

#include <agent.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

/* As that of libnice for a peer-reflexive host candidate, RFC 8445, 5.1.2.1 */
#define PRIORITY (110u << 24 | 65535u << 8 | 255u)

struct _GstPeerCredentials {
  GPtrArray *ufrags;
  GPtrArray *passwords;
};

static const char *
get_attribute (
    const GstSDPMessage *sdp, const GstSDPMedia *media, const char *key)
{
  const char *value = gst_sdp_media_get_attribute_val (media, key);

  return value != NULL ? value : gst_sdp_message_get_attribute_val (sdp, key);
}

GstPeerCredentials *
gst_peer_credentials_new (const GstSDPMessage *sdp)
{
  GstPeerCredentials *self = g_new0 (GstPeerCredentials, 1);

  self->ufrags = g_ptr_array_new_with_free_func (g_free);
  self->passwords = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);
    const char *ufrag = get_attribute (sdp, media, "ice-ufrag");
    const char *password = get_attribute (sdp, media, "ice-pwd");

    if (ufrag == NULL || password == NULL)
      continue;
    g_ptr_array_add (self->ufrags, g_strdup (ufrag));
    g_ptr_array_add (self->passwords, g_strdup (password));
  }

  return self;
}

void
gst_peer_credentials_free (GstPeerCredentials *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->ufrags);
  g_ptr_array_unref (self->passwords);
  g_free (self);
}

/* Returns the size of the request, or 0. */
static gsize
make_request (guint8 *buffer, gsize size, const char *username,
    const char *password, gboolean controlling)
{
  StunAgent stun;
  StunMessage message;

  stun_agent_init (&stun, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
      STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
          STUN_AGENT_USAGE_USE_FINGERPRINT);

  return stun_usage_ice_conncheck_create (&stun, &message, buffer, size,
      (const guint8 *)username, strlen (username), (const guint8 *)password,
      strlen (password), FALSE, controlling, PRIORITY, 0, NULL,
      STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
}

typedef struct {
  const GstPeerCredentials *peer;
  gboolean controlling;
} Check;

/* Streams are in the order of the m-lines, of which a bundle has the credentials
 * in common. */
static void
check_stream (GObject *nice_agent, guint stream, gpointer user_data)
{
  NiceAgent *agent = NICE_AGENT (nice_agent);
  const Check *check = user_data;
  guint mline = MIN (stream - 1, check->peer->ufrags->len - 1);
  const char *password = g_ptr_array_index (check->peer->passwords, mline);
  g_autofree char *own_ufrag = NULL;
  g_autofree char *own_password = NULL;
  g_autofree char *username = NULL;
  guint8 buffer[STUN_MAX_MESSAGE_SIZE_IPV6];
  gsize size;

  if (!nice_agent_get_local_credentials (
          agent, stream, &own_ufrag, &own_password))
    return;

  username = g_strdup_printf ("%s:%s",
      (char *)g_ptr_array_index (check->peer->ufrags, mline), own_ufrag);
  size = make_request (
      buffer, sizeof (buffer), username, password, check->controlling);
  if (size > 0)
    nice_agent_send (
        agent, stream, NICE_COMPONENT_TYPE_RTP, size, (const char *)buffer);
}

/**
 * gst_peer_ice_check:
 * @n_streams: how many streams the agent has
 * @quiet: whether the peer has been
 *
 * One Binding request on the selected pair of each stream, where the peer has
 * been quiet, or where it finds out what the peer is heard on. On the element's
 * loop.
 *
 * Returns: whether the next one is to be sent soon, to find that out
 */
gboolean
gst_peer_ice_check (GObject *ice_agent, guint n_streams,
    const GstPeerCredentials *credentials, gboolean quiet)
{
  g_autoptr (GObject) agent = gst_peer_ice_get_nice_agent (ice_agent);
  Check check = { credentials, FALSE };
  gboolean goes_on = FALSE;

  if (agent == NULL || credentials == NULL || credentials->ufrags->len == 0)
    return FALSE;

  g_object_get (agent, "controlling-mode", &check.controlling, NULL);
  for (guint stream = 1; stream <= n_streams; stream++) {
    GstPeerIceSearch search =
        gst_peer_ice_socket_find (agent, stream, check_stream, &check);

    if (search == GST_PEER_ICE_NOT_SOUGHT && quiet)
      check_stream (agent, stream, &check);
    goes_on |= search == GST_PEER_ICE_SENT;
  }

  return goes_on;
}

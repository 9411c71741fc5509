/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rtcp-bye.h"

#include <string.h>
#include <gst/rtp/gstrtcpbuffer.h>

#define MTU 1400

/**
 * gst_peer_rtcp_bye_new:
 * @ssrc: the stream that ends
 * @cname: (nullable): the canonical name of its source
 *
 * Returns: (transfer full): a compound packet as RFC 3550, 6.1 wants it: an
 *   empty RR, an SDES with the CNAME, the BYE. One stream a packet, because
 *   libwebrtc reads no further than the first SSRC of a BYE.
 */
GstBuffer *
gst_peer_rtcp_bye_new (guint32 ssrc, const char *cname)
{
  GstBuffer *buffer = gst_rtcp_buffer_new (MTU);
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;

  gst_rtcp_buffer_map (buffer, GST_MAP_READWRITE, &rtcp);

  gst_rtcp_buffer_add_packet (&rtcp, GST_RTCP_TYPE_RR, &packet);
  gst_rtcp_packet_rr_set_ssrc (&packet, ssrc);

  gst_rtcp_buffer_add_packet (&rtcp, GST_RTCP_TYPE_SDES, &packet);
  gst_rtcp_packet_sdes_add_item (&packet, ssrc);
  if (cname != NULL)
    gst_rtcp_packet_sdes_add_entry (&packet, GST_RTCP_SDES_CNAME,
        MIN (strlen (cname), 255), (const guint8 *)cname);

  gst_rtcp_buffer_add_packet (&rtcp, GST_RTCP_TYPE_BYE, &packet);
  gst_rtcp_packet_bye_add_ssrc (&packet, ssrc);

  gst_rtcp_buffer_unmap (&rtcp);

  return buffer;
}

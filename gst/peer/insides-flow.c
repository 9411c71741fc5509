/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What who brings a packet is answered: nicesrc by where packets come in,
 * dtlssrtpdemux, and the rest by where they leave, nicesink. It stops for good at
 * an answer that tells it to, whoever the answer is of. */

#include "insides.h"

GST_DEBUG_CATEGORY_EXTERN (gst_peer_connection_debug);
#define GST_CAT_DEFAULT gst_peer_connection_debug

typedef struct {
  GstPadChainFunction chain;
  GstPadChainListFunction chain_list;
} Functions;

/* Only what is flushing or at its end says so, and nobody has to be linked. */
static GstFlowReturn
mend (GstPad *pad, GstFlowReturn result)
{
  if ((result == GST_FLOW_FLUSHING && !GST_PAD_IS_FLUSHING (pad)) ||
      (result == GST_FLOW_EOS && !GST_PAD_IS_EOS (pad)) ||
      result == GST_FLOW_NOT_LINKED)
    return GST_FLOW_OK;

  return result;
}

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Functions *functions = pad->chaindata;

  return mend (pad, functions->chain (pad, parent, buffer));
}

static GstFlowReturn
chain_list (GstPad *pad, GstObject *parent, GstBufferList *list)
{
  Functions *functions = pad->chainlistdata;

  return mend (pad, functions->chain_list (pad, parent, list));
}

/**
 * gst_peer_insides_mend_flow:
 * @element: nicesink or dtlssrtpdemux, which has just been made
 *
 * Of a packet that leaves while it is paused, nicesink says %GST_FLOW_FLUSHING,
 * after it has sent it (gst/gstnicesink.c, gst_nice_sink_render_buffers, up to
 * libnice 0.1.23), and the source, the association or the DTLS connection that
 * the packet is of never sends again, played or not.
 *
 * What dtlssrtpdemux says is of one stream of many: that its sink has enough, has
 * been stopped already or was never linked, or that its channel is closed.
 * nicesrc would stop for all of them, and for the ICE agent.
 */
void
gst_peer_insides_mend_flow (GstElement *element)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");
  Functions functions;

  if (pad == NULL) {
    GST_WARNING_OBJECT (element, "of unknown shape, is left alone");
    return;
  }

  functions =
      (Functions){ GST_PAD_CHAINFUNC (pad), GST_PAD_CHAINLISTFUNC (pad) };
  gst_pad_set_chain_function_full (
      pad, chain, g_memdup2 (&functions, sizeof functions), g_free);
  if (functions.chain_list != NULL)
    gst_pad_set_chain_list_function_full (
        pad, chain_list, g_memdup2 (&functions, sizeof functions), g_free);
}

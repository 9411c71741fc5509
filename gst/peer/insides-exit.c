/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where packets leave webrtcbin: nicesink. */

#include "insides.h"

GST_DEBUG_CATEGORY_EXTERN (gst_peer_connection_debug);
#define GST_CAT_DEFAULT gst_peer_connection_debug

typedef struct {
  GstPadChainFunction chain;
  GstPadChainListFunction chain_list;
} Functions;

/* Only what is flushing says so. */
static GstFlowReturn
mend (GstPad *pad, GstFlowReturn result)
{
  return result == GST_FLOW_FLUSHING && !GST_PAD_IS_FLUSHING (pad) ? GST_FLOW_OK
                                                                   : result;
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
 * gst_peer_insides_mend_exit:
 * @sink: which has just been made
 *
 * Of a packet that leaves while it is paused, it says %GST_FLOW_FLUSHING, after
 * it has sent it (gst/gstnicesink.c, gst_nice_sink_render_buffers, up to libnice
 * 0.1.23), and the source, the association or the DTLS connection that the
 * packet is of never sends again, played or not.
 */
void
gst_peer_insides_mend_exit (GstElement *sink)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  Functions functions;

  if (pad == NULL) {
    GST_WARNING_OBJECT (sink, "an exit of unknown shape is left alone");
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

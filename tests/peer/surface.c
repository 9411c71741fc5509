/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The element beside the installed webrtcbin: nothing may be missing. */

#include <gst/check/gstcheck.h>

typedef struct {
  GstElement *ours;
  GstElement *theirs;
} Pair;

static Pair
make_pair (void)
{
  Pair pair = { gst_element_factory_make ("peerconnection", NULL),
    gst_element_factory_make ("webrtcbin", NULL) };

  ck_assert (pair.ours != NULL);
  ck_assert (pair.theirs != NULL);

  return pair;
}

static void
free_pair (Pair *pair)
{
  gst_object_unref (pair->ours);
  gst_object_unref (pair->theirs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, free_pair)

static void
compare_param_specs (GParamSpec *ours, GParamSpec *theirs)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY |
                            GST_PARAM_MUTABLE_READY | GST_PARAM_MUTABLE_PAUSED |
                            GST_PARAM_MUTABLE_PLAYING;

  ck_assert_msg (ours != NULL, "no property %s", theirs->name);
  ck_assert_msg (ours->value_type == theirs->value_type, "%s is %s, not %s",
      theirs->name, g_type_name (ours->value_type),
      g_type_name (theirs->value_type));
  ck_assert_msg ((ours->flags & flags) == (theirs->flags & flags),
      "%s: other flags", theirs->name);
  ck_assert_str_eq (
      g_param_spec_get_blurb (ours), g_param_spec_get_blurb (theirs));
  ck_assert_msg (
      g_param_values_cmp (ours, g_param_spec_get_default_value (ours),
          g_param_spec_get_default_value (theirs)) == 0,
      "%s: another default", theirs->name);
}

GST_START_TEST (test_properties)
{
  g_auto (Pair) pair = make_pair ();
  guint n_specs;
  g_autofree GParamSpec **specs = g_object_class_list_properties (
      G_OBJECT_GET_CLASS (pair.theirs), &n_specs);

  ck_assert_uint_gt (n_specs, 0);
  for (guint i = 0; i < n_specs; i++)
    compare_param_specs (g_object_class_find_property (
                             G_OBJECT_GET_CLASS (pair.ours), specs[i]->name),
        specs[i]);
}
GST_END_TEST

/* Read, write, read again: the value arrives where it is used. */
GST_START_TEST (test_property_values)
{
  g_auto (Pair) pair = make_pair ();
  guint n_specs;
  g_autofree GParamSpec **specs = g_object_class_list_properties (
      G_OBJECT_GET_CLASS (pair.theirs), &n_specs);
  guint latency;
  g_autofree char *stun = NULL;
  g_autoptr (GstElement) child = NULL;

  for (guint i = 0; i < n_specs; i++) {
    g_auto (GValue) ours = G_VALUE_INIT;
    g_auto (GValue) theirs = G_VALUE_INIT;

    if (!(specs[i]->flags & G_PARAM_READABLE) ||
        specs[i]->owner_type != G_OBJECT_TYPE (pair.theirs) ||
        g_str_equal (specs[i]->name, "ice-agent"))
      continue;
    g_object_get_property (G_OBJECT (pair.ours), specs[i]->name, &ours);
    g_object_get_property (G_OBJECT (pair.theirs), specs[i]->name, &theirs);
    ck_assert_msg (g_param_values_cmp (specs[i], &ours, &theirs) == 0,
        "%s: another value", specs[i]->name);
  }

  g_object_set (
      pair.ours, "latency", 50, "stun-server", "stun://127.0.0.1:3478", NULL);
  g_object_get (pair.ours, "latency", &latency, "stun-server", &stun, NULL);
  ck_assert_uint_eq (latency, 50);
  ck_assert_str_eq (stun, "stun://127.0.0.1:3478");
  child = gst_bin_get_by_name (GST_BIN (pair.ours), "webrtcbin");
  g_object_get (child, "latency", &latency, NULL);
  ck_assert_uint_eq (latency, 50);
}
GST_END_TEST

GST_START_TEST (test_signals)
{
  g_auto (Pair) pair = make_pair ();
  guint n_ids;
  g_autofree guint *ids =
      g_signal_list_ids (G_OBJECT_TYPE (pair.theirs), &n_ids);

  ck_assert_uint_gt (n_ids, 0);
  for (guint i = 0; i < n_ids; i++) {
    GSignalQuery ours, theirs;
    guint id;

    g_signal_query (ids[i], &theirs);
    id = g_signal_lookup (theirs.signal_name, G_OBJECT_TYPE (pair.ours));
    ck_assert_msg (id != 0, "no signal %s", theirs.signal_name);
    g_signal_query (id, &ours);
    ck_assert_msg (
        ours.return_type == theirs.return_type &&
            ours.n_params == theirs.n_params &&
            (ours.n_params == 0 || memcmp (ours.param_types, theirs.param_types,
                                       ours.n_params * sizeof (GType)) == 0),
        "%s: another signature", theirs.signal_name);
    ck_assert_msg (ours.signal_flags == theirs.signal_flags, "%s: other flags",
        theirs.signal_name);
  }
}
GST_END_TEST

static void
compare_pad_templates (GstPadTemplate *ours, GstPadTemplate *theirs)
{
  GType our_type, their_type;
  g_autoptr (GstCaps) our_caps = NULL;
  g_autoptr (GstCaps) their_caps = NULL;
  g_autoptr (GTypeClass) our_class = NULL;
  g_autoptr (GTypeClass) their_class = NULL;
  guint n_specs;
  g_autofree GParamSpec **specs = NULL;

  ck_assert (ours != NULL);
  ck_assert_int_eq (ours->direction, theirs->direction);
  ck_assert_int_eq (ours->presence, theirs->presence);
  our_caps = gst_pad_template_get_caps (ours);
  their_caps = gst_pad_template_get_caps (theirs);
  ck_assert (gst_caps_is_equal (our_caps, their_caps));

  g_object_get (ours, "gtype", &our_type, NULL);
  g_object_get (theirs, "gtype", &their_type, NULL);
  our_class = g_type_class_ref (our_type);
  their_class = g_type_class_ref (their_type);
  specs =
      g_object_class_list_properties (G_OBJECT_CLASS (their_class), &n_specs);
  for (guint i = 0; i < n_specs; i++)
    compare_param_specs (g_object_class_find_property (
                             G_OBJECT_CLASS (our_class), specs[i]->name),
        specs[i]);
}

GST_START_TEST (test_pads)
{
  g_auto (Pair) pair = make_pair ();
  GList *templates = gst_element_class_get_pad_template_list (
      GST_ELEMENT_GET_CLASS (pair.theirs));

  ck_assert (templates != NULL);
  for (GList *l = templates; l != NULL; l = l->next)
    compare_pad_templates (
        gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (pair.ours),
            GST_PAD_TEMPLATE_NAME_TEMPLATE (l->data)),
        l->data);
}
GST_END_TEST

/* By name, without a name, by caps: the same pads as from webrtcbin. */
static void
request_pads (GstElement *element, char *names[3], gint kinds[3])
{
  GstPadTemplate *templ = gst_element_class_get_pad_template (
      GST_ELEMENT_GET_CLASS (element), "sink_%u");
  g_autoptr (GstCaps) caps =
      gst_caps_from_string ("application/x-rtp,media=video");
  GstPad *pads[3] = {
    gst_element_request_pad_simple (element, "sink_%u"),
    gst_element_request_pad_simple (element, "sink_3"),
    gst_element_request_pad (element, templ, NULL, caps),
  };

  for (guint i = 0; i < 3; i++) {
    g_autoptr (GObject) transceiver = NULL;

    ck_assert (pads[i] != NULL);
    g_object_set (pads[i], "msid", "a-stream", NULL);
    g_object_get (pads[i], "msid", &names[i], NULL);
    ck_assert_str_eq (names[i], "a-stream");
    g_free (names[i]);
    g_object_get (pads[i], "transceiver", &transceiver, NULL);
    g_object_get (transceiver, "kind", &kinds[i], NULL);
    names[i] = gst_pad_get_name (pads[i]);
    gst_element_release_request_pad (element, pads[i]);
    gst_object_unref (pads[i]);
  }
  ck_assert_int_eq (element->numsinkpads, 0);
}

GST_START_TEST (test_request_pads)
{
  g_auto (Pair) pair = make_pair ();
  char *ours[3], *theirs[3];
  gint our_kinds[3], their_kinds[3];

  request_pads (pair.ours, ours, our_kinds);
  request_pads (pair.theirs, theirs, their_kinds);
  for (guint i = 0; i < 3; i++) {
    ck_assert_str_eq (ours[i], theirs[i]);
    ck_assert_int_eq (our_kinds[i], their_kinds[i]);
    g_free (ours[i]);
    g_free (theirs[i]);
  }
}
GST_END_TEST

GST_START_TEST (test_flags_and_states)
{
  g_auto (Pair) pair = make_pair ();
  const GstElementFlags flags = GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE;
  const GstState states[] = { GST_STATE_READY, GST_STATE_PAUSED,
    GST_STATE_PLAYING, GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_NULL };

  ck_assert_uint_eq (GST_OBJECT_FLAGS (pair.ours) & flags,
      GST_OBJECT_FLAGS (pair.theirs) & flags);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    ck_assert_int_eq (gst_element_set_state (pair.ours, states[i]),
        gst_element_set_state (pair.theirs, states[i]));
}
GST_END_TEST

GST_START_TEST (test_children)
{
  g_auto (Pair) pair = make_pair ();
  guint ours, theirs;

  gst_child_proxy_set (
      GST_CHILD_PROXY (pair.ours), "rtpbin::latency", 70, NULL);
  gst_child_proxy_set (
      GST_CHILD_PROXY (pair.theirs), "rtpbin::latency", 70, NULL);
  gst_child_proxy_get (
      GST_CHILD_PROXY (pair.ours), "rtpbin::latency", &ours, NULL);
  gst_child_proxy_get (
      GST_CHILD_PROXY (pair.theirs), "rtpbin::latency", &theirs, NULL);
  ck_assert_uint_eq (ours, 70);
  ck_assert_uint_eq (theirs, 70);
}
GST_END_TEST

static Suite *
surface_suite (void)
{
  Suite *suite = suite_create ("surface");
  TCase *drop_in = tcase_create ("drop-in");

  suite_add_tcase (suite, drop_in);
  tcase_add_test (drop_in, test_properties);
  tcase_add_test (drop_in, test_property_values);
  tcase_add_test (drop_in, test_signals);
  tcase_add_test (drop_in, test_pads);
  tcase_add_test (drop_in, test_request_pads);
  tcase_add_test (drop_in, test_flags_and_states);
  tcase_add_test (drop_in, test_children);

  return suite;
}

GST_CHECK_MAIN (surface);

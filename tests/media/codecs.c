/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The choice of codecs, from what software in the field offers. */

#include "codecs.h"

#include <gst/check/gstcheck.h>
#include <string.h>

/* === what is offered, without what does not matter here === */

#define HEAD "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF "
#define AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF "
#define H264(pt, mode, profile)                                                \
  "a=rtpmap:" pt " H264/90000\r\na=rtcp-fb:" pt " nack pli\r\na=fmtp:" pt      \
  " level-asymmetry-allowed=1;packetization-mode=" mode                        \
  ";profile-level-id=" profile "\r\n"
#define RTX(pt, of) "a=rtpmap:" pt " rtx/90000\r\na=fmtp:" pt " apt=" of "\r\n"
#define VP9(pt, profile)                                                       \
  "a=rtpmap:" pt " VP9/90000\r\na=fmtp:" pt " profile-id=" profile "\r\n"

/* 156 */
static const char chromium_video[] = HEAD VIDEO
    "96 97 98 99 100 101 35 37 102 103 104 108 114 116 39 41 43 45 47 118 119 "
    "120 49\r\n"
    "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n" RTX ("97", "96") VP9 (
        "98", "0") RTX ("99", "98") VP9 ("100", "2") RTX ("101",
        "100") VP9 ("35", "1") VP9 ("37", "3") H264 ("102", "1",
        "42001f") RTX ("103", "102") H264 ("104", "0", "42001f") H264 ("108",
        "1", "42e01f") H264 ("114", "0", "42e01f") H264 ("116", "1",
        "4d001f") H264 ("39", "0", "4d001f") H264 ("41", "1",
        "f4001f") H264 ("43", "0",
        "f4001f") "a=rtpmap:45 AV1/90000\r\na=fmtp:45 level-idx=5;profile=0;tier=0\r\n"
                  "a=rtpmap:47 AV1/90000\r\na=fmtp:47 level-idx=5;profile=1;tier=0\r\n"
                  "a=rtpmap:118 red/90000\r\n" RTX ("119",
                      "118") "a=rtpmap:120 ulpfec/90000\r\na=rtpmap:49 flexfec-03/90000\r\n"
                             "a=fmtp:49 repair-window=10000000\r\n";

static const char chromium_audio[] = HEAD AUDIO
    "111 63 9 0 8 13 110 126\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
    "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
    "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n"
    "a=rtpmap:126 telephone-event/8000\r\n";

/* 140 ESR, without its H.264 plugin */
static const char firefox_video[] =
    HEAD VIDEO "120 124 121 125 99 100 123 122 119\r\n"
               "a=fmtp:120 max-fs=12288;max-fr=60\r\na=fmtp:124 apt=120\r\n"
               "a=fmtp:121 max-fs=12288;max-fr=60\r\na=fmtp:125 apt=121\r\n"
               "a=rtpmap:120 VP8/90000\r\na=rtpmap:124 rtx/90000\r\n"
               "a=rtpmap:121 VP9/90000\r\na=rtpmap:125 rtx/90000\r\n"
               "a=rtpmap:99 AV1/90000\r\na=rtpmap:100 rtx/90000\r\n"
               "a=rtpmap:123 ulpfec/90000\r\na=rtpmap:122 red/90000\r\n"
               "a=rtpmap:119 rtx/90000\r\n";

static const char firefox_audio[] = HEAD AUDIO
    "109 9 0 8 101\r\n"
    "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\r\n"
    "a=fmtp:101 0-15\r\na=rtpmap:109 opus/48000/2\r\n"
    "a=rtpmap:9 G722/8000/1\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000/1\r\n";

/* 31 */
static const char obs_video[] = HEAD VIDEO
    "96\r\na=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\n"
    "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 goog-remb\r\na=fmtp:96 "
    "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1"
    "\r\n";

/* 8's whip muxer */
static const char ffmpeg_video[] = HEAD VIDEO
    "106\r\na=rtpmap:106 H264/90000\r\na=fmtp:106 "
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640028"
    "\r\n";

static const char ffmpeg_audio[] =
    HEAD AUDIO "111\r\na=rtpmap:111 opus/48000/2\r\n";

/* Cameras and servers that say as little as they may. */
static const char bare_h264[] = HEAD VIDEO "96\r\na=rtpmap:96 H264/90000\r\n";
static const char mode_0[] = HEAD VIDEO "96\r\n" H264 ("96", "0", "42e01f");
static const char bare_before_vp8[] =
    HEAD VIDEO "96 97\r\na=rtpmap:96 H264/90000\r\na=rtpmap:97 VP8/90000\r\n";
static const char bare_before_whole[] =
    HEAD VIDEO "96 97\r\na=rtpmap:96 H264/90000\r\n" H264 ("97", "1", "42e01f");
static const char high_only[] = HEAD VIDEO "98\r\n" H264 ("98", "1", "640032");
static const char vp9_10_bit[] = HEAD VIDEO "100\r\n" VP9 ("100", "2");
static const char static_audio[] = HEAD "m=audio 9 RTP/AVP 8 0\r\n";
static const char wide_pcmu[] = HEAD AUDIO "96\r\na=rtpmap:96 PCMU/16000\r\n";
static const char interleaved[] =
    HEAD VIDEO "96\r\n" H264 ("96", "2", "42e01f");
static const char nothing_known[] = HEAD VIDEO
    "96 x 4294967297\r\na=rtpmap:96\r\na=fmtp:96\r\na=rtpmap: H264/90000\r\n";

static const GstSDPMedia *
parse (const char *text, GstSDPMessage **sdp)
{
  gst_sdp_message_new (sdp);
  ck_assert_int_eq (
      gst_sdp_message_parse_buffer ((const guint8 *)text, strlen (text), *sdp),
      GST_SDP_OK);

  return gst_sdp_message_get_media (*sdp, 0);
}

/* What this needs may be missing where the tests run. */
static gboolean
has_codec (const char *name)
{
  g_autoptr (GstCaps) rtp = gst_caps_new_simple (
      "application/x-rtp", "encoding-name", G_TYPE_STRING, name, NULL);
  const GstPeerCodec *codec = gst_peer_codec_from_rtp (rtp);
  g_autofree char *decoder = gst_peer_codec_describe_decoder (codec);

  return decoder != NULL && gst_peer_codec_can_receive (codec) &&
         gst_peer_codec_find_encoder (codec, NULL) != NULL;
}

/* === choosing === */

#define RAW_VIDEO "video/x-raw,format=I420,width=320,height=240"
#define RAW_AUDIO "audio/x-raw,format=S16LE,rate=48000,channels=2"
#define AVC "video/x-h264,stream-format=avc,alignment=au"

typedef struct {
  const char *sdp;
  const char *own; /* what is sent, or wanted downstream */
  const char *preference;
  const char *name; /* NULL when there is none */
  guint payload_type;
} Choice;

static const Choice sending[] = {
  { chromium_video, RAW_VIDEO, NULL, "VP8", 96 },
  { chromium_video, RAW_VIDEO, "video/x-h264;video/x-vp8", "H264", 108 },
  { chromium_video, RAW_VIDEO, "video/x-vp9", "VP9", 98 },
  { chromium_video, RAW_VIDEO, "video/x-h265;video/x-vp9", "VP9", 98 },
  { chromium_video, RAW_VIDEO, "video/x-h265", NULL },
  { chromium_video, RAW_VIDEO, "ANY", "VP8", 96 },
  { chromium_video, RAW_VIDEO, "EMPTY", NULL },
  { chromium_video, AVC, NULL, "H264", 102 },
  { chromium_video, AVC ",profile=constrained-baseline,level=(string)3.1", NULL,
      "H264", 108 },
  { chromium_video, AVC ",profile=baseline,level=(string)3", NULL, "H264",
      102 },
  { chromium_video, AVC ",profile=main,level=(string)4", NULL, "H264", 116 },
  /* 41 would do, but no payloader counts below 96. */
  { chromium_video, AVC ",profile=high,level=(string)4", NULL, "H264", 102 },
  { chromium_video, AVC ",codec_data=(buffer)014d401fffe1", NULL, "H264", 116 },
  { chromium_video, AVC, "video/x-vp8", NULL },
  { chromium_video,
      "application/x-rtp,media=video,encoding-name=H264,"
      "profile-level-id=4d401f,clock-rate=90000,payload=100",
      NULL, "H264", 116 },
  { chromium_video, "video/x-vp9,profile=(string)2", NULL, "VP9", 100 },
  { chromium_video, "video/x-vp9", NULL, "VP9", 98 },
  { chromium_video, "video/x-vp8", NULL, "VP8", 96 },
  { chromium_video, "video/x-h265", NULL, NULL },
  { chromium_video, RAW_AUDIO, NULL, NULL },
  { chromium_audio, RAW_AUDIO, NULL, "OPUS", 111 },
  { chromium_audio, RAW_AUDIO, "audio/x-alaw", "PCMA", 8 },
  { chromium_audio, RAW_AUDIO, "audio/G722", "G722", 9 },
  { chromium_audio, "audio/x-mulaw,rate=8000,channels=1", NULL, "PCMU", 0 },
  { chromium_audio, "audio/x-mulaw,rate=16000,channels=1", NULL, NULL },
  { chromium_audio, "audio/G722,rate=16000,channels=1", NULL, "G722", 9 },
  { firefox_video, RAW_VIDEO, NULL, "VP8", 120 },
  { firefox_video, RAW_VIDEO, "video/x-h264;video/x-vp9", "VP9", 121 },
  { firefox_video, AVC, NULL, NULL },
  { firefox_audio, RAW_AUDIO, NULL, "OPUS", 109 },
  { firefox_audio, RAW_AUDIO, "audio/G722", "G722", 9 },
  { obs_video, RAW_VIDEO, NULL, "H264", 96 },
  { obs_video, AVC ",profile=high,level=(string)4", NULL, "H264", 96 },
  { high_only, RAW_VIDEO, NULL, "H264", 98 },
  { bare_h264, RAW_VIDEO, NULL, "H264", 96 },
  { bare_before_vp8, RAW_VIDEO, NULL, "VP8", 97 },
  { bare_before_vp8, RAW_VIDEO, "video/x-h264", "H264", 96 },
  { bare_before_vp8, AVC, NULL, "H264", 96 },
  { bare_before_whole, RAW_VIDEO, NULL, "H264", 97 },
  { mode_0, RAW_VIDEO, NULL, NULL },
  { mode_0, AVC, NULL, NULL },
  { vp9_10_bit, RAW_VIDEO, NULL, NULL },
  { static_audio, RAW_AUDIO, NULL, "PCMA", 8 },
  { wide_pcmu, RAW_AUDIO, NULL, NULL },
  { nothing_known, RAW_VIDEO, NULL, NULL },
};

static const Choice receiving[] = {
  { chromium_video, "video/x-raw", NULL, "VP8", 96 },
  { chromium_video, "video/x-h264", NULL, "H264", 102 },
  { chromium_video, "video/x-raw;video/x-h264", NULL, "H264", 102 },
  { chromium_video, "video/x-raw;video/x-h264", "video/x-vp8", "VP8", 96 },
  { chromium_video, "ANY", NULL, "VP8", 96 },
  { chromium_video, "ANY", "video/x-vp9;video/x-vp8", "VP9", 98 },
  { chromium_video, "application/x-rtp,media=video", "video/x-vp8", "VP8", 96 },
  { chromium_video, "application/x-rtp,media=audio", NULL, NULL },
  { chromium_video, "application/x-rtp;video/x-vp9", NULL, "VP9", 98 },
  { chromium_video, "application/x-rtp;video/x-raw", NULL, "VP8", 96 },
  { chromium_video, "audio/x-raw", NULL, NULL },
  { chromium_audio, "audio/x-raw", NULL, "OPUS", 111 },
  { chromium_audio, "audio/x-alaw", NULL, "PCMA", 8 },
  { obs_video, "video/x-raw", NULL, "H264", 96 },
  { obs_video, "video/x-vp8", NULL, NULL },
  { ffmpeg_video, "video/x-h264,stream-format=avc", NULL, "H264", 106 },
  { ffmpeg_audio, "ANY", NULL, "OPUS", 111 },
  { mode_0, "video/x-raw", NULL, "H264", 96 },
  { interleaved, "video/x-raw", NULL, NULL },
  { bare_h264, "video/x-raw", NULL, "H264", 96 },
};

static void
check_choice (const Choice *choice, gboolean sends)
{
  g_autoptr (GstCaps) own = gst_caps_from_string (choice->own);
  g_autoptr (GstCaps) preference =
      choice->preference != NULL ? gst_caps_from_string (choice->preference)
                                 : NULL;
  GstSDPMessage *sdp;
  const GstSDPMedia *media = parse (choice->sdp, &sdp);
  const GstPeerCodec *codec;
  guint payload_type = 1000;

  if (choice->name != NULL && !has_codec (choice->name)) {
    gst_sdp_message_free (sdp);
    return;
  }
  codec = (sends ? gst_peer_codecs_choose : gst_peer_codecs_choose_receive) (
      media, own, preference, &payload_type);
  ck_assert_str_eq (codec != NULL ? codec->name : "nothing",
      choice->name != NULL ? choice->name : "nothing");
  ck_assert_uint_eq (payload_type, codec != NULL ? choice->payload_type : 1000);
  gst_sdp_message_free (sdp);
}

GST_START_TEST (test_choose)
{
  check_choice (&sending[__i__], TRUE);
}
GST_END_TEST

GST_START_TEST (test_choose_receive)
{
  check_choice (&receiving[__i__], FALSE);
}
GST_END_TEST

/* The work for an offer stays within bounds. */
GST_START_TEST (test_ten_thousand_formats)
{
  g_autoptr (GString) text = g_string_new (HEAD VIDEO);
  g_autoptr (GstCaps) raw = gst_caps_from_string (RAW_VIDEO);
  GstSDPMessage *sdp;
  const GstSDPMedia *media;
  guint payload_type;

  for (guint i = 0; i < 10000; i++)
    g_string_append_printf (text, "%u ", i);
  g_string_append (text, "10000\r\na=rtpmap:10000 VP8/90000\r\n");
  media = parse (text->str, &sdp);
  ck_assert (gst_peer_codecs_choose (media, raw, NULL, &payload_type) == NULL);
  gst_sdp_message_free (sdp);
}
GST_END_TEST

/* === what we offer === */

/* As an SDP, by way of what makes it of caps in webrtcbin. */
static char *
write_caps (const GstCaps *caps)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    g_autoptr (GstCaps) one = gst_caps_copy_nth (caps, i);
    g_autofree char *own = NULL;
    GstSDPMedia *media;

    gst_sdp_media_new (&media);
    ck_assert_int_eq (
        gst_sdp_media_set_media_from_caps (one, media), GST_SDP_OK);
    own = gst_sdp_media_as_text (media);
    g_string_append (text, own);
    gst_sdp_media_free (media);
  }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
list_names (const GstCaps *caps)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *structure = gst_caps_get_structure (caps, i);
    int payload_type;

    gst_structure_get_int (structure, "payload", &payload_type);
    g_string_append_printf (names, "%s%s %d", i > 0 ? ", " : "",
        gst_structure_get_string (structure, "encoding-name"), payload_type);
  }

  return g_string_free (g_steal_pointer (&names), FALSE);
}

typedef struct {
  const char *media;
  const char *own;
  const char *preference;
  const char *names;
} Offer;

#define FOUR "video/x-vp8;video/x-h264;video/x-vp9"

static const Offer sent_offers[] = {
  { "video", RAW_VIDEO, FOUR, "VP8 98, H264 96, VP9 100" },
  { "video", RAW_VIDEO, "video/x-vp9", "VP9 100" },
  { "video", RAW_VIDEO, "video/x-vp9;video/x-vp9", "VP9 100" },
  { "video", RAW_AUDIO, NULL, "" },
  { "video", AVC, NULL, "H264 96" },
  { "video", AVC, "video/x-vp8", "" },
  { "video", "application/x-rtp,media=video,encoding-name=VP8", NULL,
      "VP8 98" },
  { "audio", RAW_AUDIO, NULL, "OPUS 111, G722 9, PCMU 0, PCMA 8" },
  { "audio", "audio/x-opus,channel-mapping-family=0", NULL, "OPUS 111" },
  { "audio", "application/x-rtp,media=audio,payload=8", NULL, "PCMA 8" },
};

static const Offer received_offers[] = {
  { "video", "video/x-raw", FOUR, "VP8 98, H264 96, H264 97, VP9 100" },
  { "video", "video/x-h264;video/x-raw", FOUR,
      "H264 96, H264 97, VP8 98, VP9 100" },
  { "video", "video/x-h264", NULL, "H264 96, H264 97" },
  { "video", "application/x-rtp,encoding-name=VP8", NULL, "VP8 98" },
  { "video", "audio/x-raw", NULL, "" },
  { "audio", "ANY", NULL, "OPUS 111, G722 9, PCMU 0, PCMA 8" },
  { "audio", "audio/x-raw", "audio/x-alaw;audio/x-opus", "PCMA 8, OPUS 111" },
};

static void
check_offer (const Offer *offer, gboolean sends)
{
  g_autoptr (GstCaps) own = gst_caps_from_string (offer->own);
  g_autoptr (GstCaps) preference =
      offer->preference != NULL ? gst_caps_from_string (offer->preference)
                                : NULL;
  g_autoptr (GstCaps) caps =
      (sends ? gst_peer_codecs_make_offer : gst_peer_codecs_make_receive) (
          offer->media, own, preference);
  g_autofree char *names = list_names (caps);

  if (has_codec ("H264") && has_codec ("G722"))
    ck_assert_str_eq (names, offer->names);
}

GST_START_TEST (test_offer)
{
  check_offer (&sent_offers[__i__], TRUE);
}
GST_END_TEST

GST_START_TEST (test_offer_receive)
{
  check_offer (&received_offers[__i__], FALSE);
}
GST_END_TEST

/* Whatever an offer holds, its payload types are different ones. */
GST_START_TEST (test_payload_types)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  const GstPeerCodec *codec;

  for (guint i = 0; (codec = gst_peer_codecs_get (i)) != NULL; i++) {
    for (guint f = 0; f == 0 || (f < GST_PEER_CODEC_MAX_FORMATS &&
                                    codec->formats[f] != NULL);
         f++)
      ck_assert (g_hash_table_add (
          seen, GUINT_TO_POINTER (codec->payload_type + f + 1)));
  }
}
GST_END_TEST

typedef struct {
  const char *media;
  const char *input;
  const char *line;
} Line;

static const Line lines[] = {
  { "video", RAW_VIDEO, "a=rtpmap:96 H264/90000\r\n" },
  { "video", RAW_VIDEO, "profile-level-id=42e01f" },
  { "video", RAW_VIDEO, "packetization-mode=1" },
  { "video", RAW_VIDEO, "level-asymmetry-allowed=1" },
  { "video", RAW_VIDEO, "a=rtcp-fb:96 nack\r\n" },
  { "video", RAW_VIDEO, "a=rtcp-fb:96 nack pli\r\n" },
  { "video", RAW_VIDEO, "a=rtcp-fb:96 ccm fir\r\n" },
  { "video", RAW_VIDEO, "a=fmtp:100 profile-id=0" },
  { "video", AVC ",profile=high,level=(string)4.1", "profile-level-id=640029" },
  { "video", AVC ",profile=main,level=(string)3", "profile-level-id=4d001e" },
  { "video", AVC ",codec_data=(buffer)0164001effe1",
      "profile-level-id=64001e" },
  { "audio", RAW_AUDIO, "a=rtpmap:111 OPUS/48000/2\r\n" },
  { "audio", RAW_AUDIO, "useinbandfec=1" },
  { "audio", RAW_AUDIO, "minptime=10" },
  { "audio", RAW_AUDIO, "a=rtpmap:9 G722/8000\r\n" },
};

GST_START_TEST (test_lines_of_an_offer)
{
  const Line *line = &lines[__i__];
  g_autoptr (GstCaps) input = gst_caps_from_string (line->input);
  g_autoptr (GstCaps) caps =
      gst_peer_codecs_make_offer (line->media, input, NULL);
  g_autofree char *text = write_caps (caps);

  ck_assert_msg (
      strstr (text, line->line) != NULL, "no %s in\n%s", line->line, text);
}
GST_END_TEST

/* === the answer says what is sent === */

typedef struct {
  const char *profile;
  const char *said; /* for 108, which is offered as 42e01f */
  gboolean written;
} Answer;

static const Answer answers[] = {
  { AVC ",profile=constrained-baseline,level=(string)4", "42e028", TRUE },
  { AVC ",codec_data=(buffer)0142c01effe1", "42c01e", TRUE },
  { AVC ",profile=high,level=(string)4", "42e01f", FALSE },
  { AVC, "42e01f", FALSE },
  { RAW_VIDEO, "42e01f", FALSE },
};

GST_START_TEST (test_profile_in_an_answer)
{
  const Answer *answer = &answers[__i__];
  g_autoptr (GstCaps) input = gst_caps_from_string (answer->profile);
  g_autofree char *expected = g_strdup_printf (
      "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;"
      "profile-level-id=%s\r\n",
      answer->said);
  g_autofree char *text = NULL;
  GstSDPMessage *sdp;
  GstSDPMedia *media = (GstSDPMedia *)parse (chromium_video, &sdp);

  ck_assert_int_eq (
      gst_peer_codec_write_profile (media, 108, input), answer->written);
  text = gst_sdp_media_as_text (media);
  ck_assert_msg (strstr (text, expected) != NULL, "%s", text);
  gst_sdp_message_free (sdp);
}
GST_END_TEST

/* === what the table says === */

static void
check_descriptions (const GstPeerCodec *codec, const char *encoder)
{
  g_autofree char *decoder = gst_peer_codec_describe_decoder (codec);
  g_autofree char *all = g_strdup_printf ("%s ! %s ! %s ! %s ! %s ! %s ! %s",
      codec->convert, encoder, codec->parse != NULL ? codec->parse : "identity",
      codec->payload, codec->depay,
      codec->frame != NULL ? codec->frame : "identity", decoder);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) bin =
      gst_parse_bin_from_description (all, FALSE, &error);

  ck_assert_msg (error == NULL, "%s: %s", all, error->message);
  gst_object_ref_sink (bin);
}

/* Every element and property of it that there is here can be made. */
GST_START_TEST (test_descriptions)
{
  const GstPeerCodec *codec;

  for (guint i = 0; (codec = gst_peer_codecs_get (i)) != NULL; i++) {
    const char *encoder;
    guint next = 0;

    if (!has_codec (codec->name)) {
      ck_assert_str_eq (codec->name, "AV1");
      continue;
    }
    while ((encoder = gst_peer_codec_find_encoder (codec, &next)) != NULL)
      check_descriptions (codec, encoder);
  }
}
GST_END_TEST

GST_START_TEST (test_from_rtp)
{
  g_autoptr (GstCaps) lower = gst_caps_from_string (
      "application/x-rtp,media=video,encoding-name=h264,clock-rate=90000");
  g_autoptr (GstCaps) other = gst_caps_from_string (
      "application/x-rtp,media=video,encoding-name=H263,clock-rate=90000");
  g_autoptr (GstCaps) dynamic =
      gst_caps_from_string ("application/x-rtp,media=video,payload=96");

  ck_assert_str_eq (gst_peer_codec_from_rtp (lower)->name, "H264");
  ck_assert (gst_peer_codec_from_rtp (other) == NULL);
  ck_assert (gst_peer_codec_from_rtp (dynamic) == NULL);
}
GST_END_TEST

GST_START_TEST (test_software_decoder)
{
  g_autoptr (GstCaps) vp8 = gst_caps_from_string ("video/x-vp8");
  g_autofree char *decoder =
      gst_peer_codec_describe_decoder (gst_peer_codec_from_caps (vp8));

  ck_assert_str_eq (decoder, "vp8dec ! videoconvert");
}
GST_END_TEST

static Suite *
codecs_suite (void)
{
  Suite *suite = suite_create ("codecs");
  TCase *tcase = tcase_create ("codecs");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_choose, 0, G_N_ELEMENTS (sending));
  tcase_add_loop_test (tcase, test_choose_receive, 0, G_N_ELEMENTS (receiving));
  tcase_add_test (tcase, test_ten_thousand_formats);
  tcase_add_loop_test (tcase, test_offer, 0, G_N_ELEMENTS (sent_offers));
  tcase_add_loop_test (
      tcase, test_offer_receive, 0, G_N_ELEMENTS (received_offers));
  tcase_add_test (tcase, test_payload_types);
  tcase_add_loop_test (tcase, test_lines_of_an_offer, 0, G_N_ELEMENTS (lines));
  tcase_add_loop_test (
      tcase, test_profile_in_an_answer, 0, G_N_ELEMENTS (answers));
  tcase_add_test (tcase, test_descriptions);
  tcase_add_test (tcase, test_from_rtp);
  tcase_add_test (tcase, test_software_decoder);

  return suite;
}

GST_CHECK_MAIN (codecs);

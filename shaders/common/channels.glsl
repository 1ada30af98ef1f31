/* Tables of numbers per channel, after common/vectors.glsl, a parameter block with `channels` and `stride`, and a constant
 * VECTORS that says whether channels come in fours.
 *
 *   LVK_CHANNELS(name, table, i)   of elements 4i .. 4i + 3 of a tensor; `table` counts the tables that lie in one buffer */
#define LVK_CHANNEL_ELEMENT(name, table, at) LVK_LOAD_ELEMENT(name, (table)*params.stride * 4u + (at) % params.channels)
#define LVK_CHANNELS(name, table, i)                                                                         \
    (VECTORS ? LVK_LOAD(name, (table)*params.stride + (i) % (params.channels / 4u))                          \
             : vec4(LVK_CHANNEL_ELEMENT(name, table, (i)*4u), LVK_CHANNEL_ELEMENT(name, table, (i)*4u + 1u), \
                    LVK_CHANNEL_ELEMENT(name, table, (i)*4u + 2u), LVK_CHANNEL_ELEMENT(name, table, (i)*4u + 3u)))
